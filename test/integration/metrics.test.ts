import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { totalsOf } from "../../src/contract/accounting.ts";
import { createRunMetrics } from "../../src/telemetry/run-metrics.ts";
import { metricSamples } from "../fixtures/metric-samples.ts";
import { missingPromtool, runPromtool } from "../fixtures/promtool.ts";
import { oneOfEachEvent } from "../fixtures/run-events.ts";
import { runPipeline, temporaryFolder } from "./run-pipeline.ts";

const exitOnce = fileURLToPath(new URL("../fixtures/operators/exit-once.ts", import.meta.url));

/** Sum of the samples whose name and labels begin so. */
function sumOf(samples: ReadonlyMap<string, number>, beginning: string): number {
  return [...samples].reduce((sum, [name, value]) => (name.startsWith(beginning) ? sum + value : sum), 0);
}

test("the metrics of a run add up to its summary, whatever happened to its workers", async () => {
  const folder = await temporaryFolder();
  const input = path.join(folder, "input");
  await mkdir(input);
  const lines = Array.from({ length: 300 }, (_, n) =>
    n % 100 === 7 ? "no json" : JSON.stringify({ text: `number ${n}`, n }),
  );
  await writeFile(path.join(input, "numbers.jsonl"), lines.join("\n"));
  const metrics = createRunMetrics({ version: "1" });
  const summary = await runPipeline(
    `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 2KiB } }
steps:
  - map-module: { module: ${exitOnce}, options: { number: 123, marker: ${path.join(folder, "marker")} }, reads: [n] }
sink: { jsonl: {} }
`,
    path.join(folder, "out"),
    { onEvent: (event) => metrics.onEvent(event) },
  );
  expect(summary.outcome).toBe("succeeded");
  const { read, written, failed } = totalsOf(summary.accounting);
  const samples = metricSamples(await metrics.text());
  expect(sumOf(samples, "pipeline_samples_finished_total")).toBe(read);
  expect(sumOf(samples, "pipeline_samples_read_total")).toBeGreaterThanOrEqual(read);
  expect(sumOf(samples, "pipeline_samples_written_total")).toBe(written);
  expect(sumOf(samples, "pipeline_samples_quarantined_total")).toBe(failed);
  expect(sumOf(samples, "pipeline_written_bytes_total")).toBe(summary.shardBytes);
  expect(sumOf(samples, "pipeline_shards_written_total")).toBe(summary.shards);
  expect(samples.get('pipeline_worker_restarts_total{reason="crash"}')).toBe(1);
  expect(samples.get('pipeline_task_retries_total{code="WORKER_LOST"}')).toBe(1);
  expect(samples.get('pipeline_step_busy_seconds_total{step="1-map-module"}')).toBeGreaterThan(0);
  expect(samples.get('pipeline_run_state{state="succeeded"}')).toBe(1);
  expect(samples.get("pipeline_progress_ratio")).toBe(1);
  expect(samples.get("pipeline_tasks_in_flight")).toBe(0);
  expect(samples.get("pipeline_tasks_awaiting_checkpoint")).toBe(0);
});

test("promtool finds nothing to say against the metrics", async (context) => {
  if (missingPromtool !== undefined) return context.skip(missingPromtool);
  const metrics = createRunMetrics({ version: "1" });
  for (const event of Object.values(oneOfEachEvent("any text"))) metrics.onEvent(event);
  expect(runPromtool(["check", "metrics"], await metrics.text())).toEqual({ status: 0, said: "" });
});
