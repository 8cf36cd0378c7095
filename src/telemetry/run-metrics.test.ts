import fc from "fast-check";
import { expect, test } from "vitest";
import { metricNames, metricSamples } from "../../test/fixtures/metric-samples.ts";
import { oneOfEachEvent, sixSamples } from "../../test/fixtures/run-events.ts";
import { addAccounting, emptyAccounting } from "../contract/accounting.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { metricTopics } from "./metric-definitions.ts";
import { createRunMetrics } from "./run-metrics.ts";

let clock = 1000;

async function after(...events: readonly RunEvent[]): Promise<ReadonlyMap<string, number>> {
  const metrics = createRunMetrics({ version: "1.2.3", now: () => clock });
  for (const event of events) metrics.onEvent(event);
  return metricSamples(await metrics.text());
}

const each = oneOfEachEvent("x");
const task = each["task-started"].task;
const finishedBy = (attempt: number): RunEvent => ({
  type: "task-finished",
  receipt: { ...each["task-finished"].receipt, attempt },
});
const begun = (attempt: number): RunEvent => ({ type: "task-started", worker: 1, task, attempt });
const progressed = (attempt: number, times: number): RunEvent => {
  let accounting = emptyAccounting;
  for (let done = 0; done < times; done++) accounting = addAccounting(accounting, sixSamples);
  return {
    type: "task-progressed",
    task,
    attempt,
    progress: { accounting, busySeconds: { read: times / 2 }, imagesDecoded: { "jpeg-turbo": times } },
  };
};
const failedBy = (attempt: number): RunEvent => ({ ...each["task-failed"], attempt });

test("before anything happens the state is idle, and nothing is said to have been done at 1970", async () => {
  const samples = await after();
  expect(samples.get('pipeline_run_state{state="idle"}')).toBe(1);
  expect(samples.get('pipeline_worker_restarts_total{reason="memory"}')).toBe(0);
  expect(samples.get(`pipeline_build_info{version="1.2.3",node_version="${process.version}"}`)).toBe(1);
  const names = [...samples.keys()];
  expect(names).not.toContain("pipeline_checkpoint_last_success_timestamp_seconds");
  expect(names).not.toContain("pipeline_run_started_timestamp_seconds");
  expect(names.filter((name) => !name.startsWith("pipeline_"))).toEqual([]);
});

test("a finished task shows what its receipt proves, by step, reason and code", async () => {
  const samples = await after(each["run-started"], each["stage-started"], begun(1), finishedBy(1));
  expect(Object.fromEntries(samples)).toMatchObject({
    'pipeline_step_samples_in_total{step="1-filter-blur"}': 5,
    'pipeline_step_samples_out_total{step="1-filter-blur"}': 3,
    'pipeline_samples_dropped_total{step="1-filter-blur",reason="blurred"}': 1,
    'pipeline_samples_quarantined_total{step="1-filter-blur",code="SAMPLE_CORRUPT"}': 1,
    'pipeline_samples_quarantined_total{step="read",code="INPUT_CORRUPT"}': 1,
    'pipeline_samples_quarantined_total{step="write",code="NAME_TAKEN"}': 1,
    'pipeline_samples_finished_total{stage="0"}': 6,
    'pipeline_samples_written_total{stage="0"}': 2,
    'pipeline_written_bytes_total{stage="0"}': 500,
    'pipeline_samples_read_total{stage="0"}': 6,
    'pipeline_read_bytes_total{stage="0"}': 600,
    'pipeline_tasks_finished_total{stage="0"}': 1,
    pipeline_tasks_in_flight: 0,
    pipeline_tasks_queued: 1,
    'pipeline_run_state{state="running"}': 1,
    'pipeline_run_state{state="idle"}': 0,
    pipeline_progress_ratio: 0.75,
  });
});

test("work counts what failed attempts did, once each; results count the attempt that finished alone", async () => {
  const samples = await after(
    begun(1),
    progressed(1, 1),
    progressed(1, 2),
    failedBy(1),
    progressed(1, 3),
    begun(2),
    progressed(2, 1),
    progressed(2, 1),
    finishedBy(2),
    progressed(2, 5),
  );
  expect(Object.fromEntries(samples)).toMatchObject({
    'pipeline_samples_read_total{stage="0"}': 18,
    'pipeline_step_busy_seconds_total{step="read"}': 1.5,
    'pipeline_images_decoded_total{decoder="jpeg-turbo"}': 3,
    'pipeline_samples_finished_total{stage="0"}': 6,
    'pipeline_tasks_started_total{stage="0"}': 2,
    'pipeline_task_retries_total{code="STORAGE_FAILED"}': 1,
  });
});

test("finished tasks wait for a checkpoint until one is written that was begun after them", async () => {
  clock = 1000;
  const metrics = createRunMetrics({ version: "1", now: () => clock });
  const waiting = async () => metricSamples(await metrics.text()).get("pipeline_tasks_awaiting_checkpoint");
  metrics.onEvent(finishedBy(1));
  metrics.onEvent(finishedBy(1));
  clock = 1005;
  metrics.onEvent(finishedBy(1));
  expect(await waiting()).toBe(3);
  clock = 1006;
  metrics.onEvent({ type: "checkpoint-written", name: "checkpoint_000002", tasks: 2, seconds: 3 });
  expect(await waiting()).toBe(1);
  const samples = metricSamples(await metrics.text());
  expect(samples.get("pipeline_checkpoint_last_success_timestamp_seconds")).toBe(1006);
});

test("workers show what they do and hold, until they are gone", async () => {
  const samples = await after(each["worker-started"], each["worker-memory"], begun(1));
  expect(samples.get('pipeline_workers{state="busy"}')).toBe(1);
  expect(samples.get('pipeline_worker_resident_memory_bytes{worker="1"}')).toBe(2 ** 27);
  const gone = await after(each["worker-started"], each["worker-memory"], each["worker-lost"]);
  expect(gone.get('pipeline_workers{state="stopped"}')).toBe(1);
  expect(gone.get('pipeline_worker_restarts_total{reason="crash"}')).toBe(1);
  expect([...gone.keys()].some((name) => name.includes("worker_resident"))).toBe(false);
});

test("labels of any text are escaped, so that a line stays a line", async () => {
  const step = '1-"quoted"\\path\nnext';
  const accounting = {
    ...sixSamples,
    steps: { [step]: { in: 1, kept: 1, dropped: {}, failed: {}, split: 0, children: 0 } },
  };
  const samples = await after({ type: "task-finished", receipt: { ...each["task-finished"].receipt, accounting } });
  expect(samples.get('pipeline_step_samples_in_total{step="1-\\"quoted\\"\\\\path\\nnext"}')).toBe(1);
});

test("every metric that is documented is there, and no label names a sample, a path or a run", async () => {
  const metrics = createRunMetrics({ version: "1", now: () => clock });
  const secretPlace = "/data/a/path";
  for (const event of Object.values(oneOfEachEvent(secretPlace))) metrics.onEvent(event);
  const text = await metrics.text();
  expect(text).not.toContain(secretPlace);
  expect(text).not.toContain("run-1");
  const declared = (["counter", "gauge", "histogram"] as const).flatMap((kind) => metricNames(text, kind));
  const documented = metricTopics.filter(({ title }) => title !== "GPUs").flatMap(({ metrics: all }) => all);
  expect(documented.map(({ name }) => name).filter((name) => !declared.includes(name))).toEqual([]);
  const ours = declared.filter((name) => !/^pipeline_(nodejs|process)_/.test(name));
  expect(ours.filter((name) => !documented.some((one) => one.name === name))).toEqual([]);
});

test("no order of events lets a counter fall", async () => {
  const anyEvent = fc.oneof(
    fc.constantFrom<RunEvent>(...Object.values(each)),
    fc.record({ attempt: fc.nat(2), times: fc.nat(4) }).map(({ attempt, times }) => progressed(attempt, times)),
    fc.nat(2).map(begun),
    fc.nat(2).map(finishedBy),
    fc.nat(2).map(failedBy),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 25 }), async (events) => {
      const metrics = createRunMetrics({ version: "1", now: () => clock });
      let before: ReadonlyMap<string, number> = new Map();
      for (const event of events) {
        metrics.onEvent(event);
        const text = await metrics.text();
        const climbing = [...metricNames(text, "counter"), ...metricNames(text, "histogram")];
        const samples = metricSamples(text);
        const values = [...samples].filter(([sample]) => climbing.some((name) => sample.startsWith(name)));
        for (const [sample, value] of before) expect(samples.get(sample) ?? -1).toBeGreaterThanOrEqual(value);
        before = new Map(values);
      }
    }),
    { numRuns: 40 },
  );
});
