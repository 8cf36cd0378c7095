import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { runCli } from "../e2e/run-cli.ts";
import { startReceiver } from "../fixtures/http-receiver.ts";
import { temporaryFolder } from "./run-pipeline.ts";

const exitOnce = fileURLToPath(new URL("../fixtures/operators/exit-once.ts", import.meta.url));

/** Runs a pipeline whose worker ends once, over so many records. */
async function runWith(environment: { readonly [name: string]: string }, records = 200) {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "in"));
  const lines = Array.from({ length: records }, (_, n) => JSON.stringify({ text: `number ${n}`, n }));
  await writeFile(path.join(folder, "in/a.jsonl"), lines.join("\n"));
  await writeFile(
    path.join(folder, "pipeline.yaml"),
    `
source: { jsonl: { path: ./in, splitBytes: 2KiB } }
steps:
  - map-module: { module: ${exitOnce}, options: { number: 123, marker: ${path.join(folder, "marker")} }, reads: [n] }
sink: jsonl
output: ./out
run: { workers: 2 }
`,
  );
  return { folder, result: await runCli(["run", "pipeline.yaml", "--quiet"], { cwd: folder, environment }) };
}

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(attribute),
  events: z.array(z.object({ name: z.string(), attributes: z.array(attribute) })),
  status: z.object({ code: z.int().optional(), message: z.string().optional() }),
});
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

test("a collector gets the run, its stage and every attempt as spans, with what went wrong", async () => {
  const collector = await startReceiver(503, 200);
  const { result } = await runWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=photos",
  });
  expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
  // The first answer asked for another try, with the same spans.
  const [refused, ...taken] = collector.received;
  expect(taken[0]?.body).toEqual(refused?.body);
  expect(refused).toMatchObject({ path: "/v1/traces", headers: { "x-tenant": "photos" } });
  const spans = taken.flatMap(({ body }) =>
    request.parse(body).resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)),
  );
  expect(new Set(spans.map((one) => one.traceId)).size).toBe(1);
  const [run] = spans.filter((one) => one.name === "run");
  const [stage] = spans.filter((one) => one.name === "stage");
  const tasks = spans.filter((one) => one.name === "task");
  expect(run?.parentSpanId).toBeUndefined();
  expect(stage?.parentSpanId).toBe(run?.spanId);
  for (const task of tasks) {
    expect(task.parentSpanId).toBe(stage?.spanId);
    expect(BigInt(task.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(task.startTimeUnixNano));
  }
  const failed = tasks.filter((task) => task.status.code === 2);
  expect(failed).toHaveLength(1);
  expect(failed[0]?.events).toMatchObject([{ name: "exception" }]);
  expect(failed[0]?.attributes).toContainEqual({ key: "error.type", value: { stringValue: "WORKER_LOST" } });
  const read = tasks.flatMap((task) => task.attributes.filter(({ key }) => key === "pipeline.samples.read"));
  expect(read.reduce((sum, { value }) => sum + Number(value.intValue), 0)).toBe(200);
  expect(run?.events.map((event) => event.name)).toContain("worker-lost");
  expect(run?.attributes).toContainEqual({ key: "pipeline.outcome", value: { stringValue: "succeeded" } });
});

test("a lineage backend gets one start and one end of the same run, with what was read and written", async () => {
  const backend = await startReceiver(201);
  const { folder, result } = await runWith({ OPENLINEAGE_URL: backend.url, OPENLINEAGE_NAMESPACE: "team" });
  expect(result.code).toBe(0);
  const run = { runId: expect.stringMatching(/^[0-9a-f-]{36}$/) };
  expect(backend.received.map(({ path: at, body }) => [at, body])).toMatchObject([
    ["/api/v1/lineage", { eventType: "START", run, job: { namespace: "team" } }],
    [
      "/api/v1/lineage",
      {
        eventType: "COMPLETE",
        run,
        inputs: [{ namespace: "file", name: path.join(folder, "in") }],
        outputs: [
          {
            namespace: "file",
            name: path.join(folder, "out"),
            outputFacets: { outputStatistics: { rowCount: 200 } },
          },
        ],
      },
    ],
  ]);
  const ids = backend.received.map(
    ({ body }) => z.object({ run: z.object({ runId: z.string() }) }).parse(body).run.runId,
  );
  expect(new Set(ids).size).toBe(1);
});

test("receivers that refuse or are not there are told of, and the run is done all the same", async () => {
  const refusing = await startReceiver(403);
  const { result } = await runWith(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url,
      OPENLINEAGE_URL: "http://127.0.0.1:9",
    },
    10,
  );
  expect(result.code).toBe(0);
  expect(result.stderr).toContain("the run goes on without");
  expect(result.stderr).toMatch(/warning: traces cannot be sent to 127\.0\.0\.1:\d+: it answered 403/);
  expect(result.stderr).toMatch(/warning: lineage cannot be sent to 127\.0\.0\.1:9: (.*refused|bad port)/i);
});
