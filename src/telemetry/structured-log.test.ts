import { expect, test } from "vitest";
import { oneOfEachEvent } from "../../test/fixtures/run-events.ts";
import { PipelineError } from "../model/errors.ts";
import { type LogLevel, parseLogLevel } from "./log-level.ts";
import { createStructuredLog } from "./structured-log.ts";

function logged(level: LogLevel, text: string, secrets: readonly string[] = []) {
  const lines: string[] = [];
  const log = createStructuredLog({ write: (line) => lines.push(line) }, level, secrets);
  for (const event of Object.values(oneOfEachEvent(text))) log.onEvent(event);
  return { log, lines, records: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

const secretTexts = [
  ["an address with a password", "s3://keyId:topsecretvalue@bucket/folder", "topsecretvalue"],
  ["a signed address", "https://b.example/k?X-Amz-Signature=topsecretvalue&partNumber=2", "topsecretvalue"],
  ["a bearer token", "refused: Authorization: Bearer topsecretvalue", "topsecretvalue"],
  ["an access key", "the key AKIAABCDEFGHIJKLMNOP is not known", "AKIAABCDEFGHIJKLMNOP"],
  ["a variable", "AWS_SECRET_ACCESS_KEY=topsecretvalue", "topsecretvalue"],
  ["a value of the environment", "the operator printed topsecretvalue", "topsecretvalue"],
] as const;

test.each(Object.keys(oneOfEachEvent("")))("the log of %s tells no secret, whichever field holds it", (type) => {
  for (const [, text, secret] of secretTexts) {
    const { records, lines } = logged("trace", text, ["topsecretvalue"]);
    const index = records().findIndex((record) => record.event === type);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(lines[index]).not.toContain(secret);
    expect(lines[index]).not.toContain("hunter2");
  }
});

test("a line has its time, level, event and message, names the run, and what and where it is about", () => {
  const records = logged("trace", "said so").records();
  for (const record of records) {
    expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(record.msg).toEqual(expect.any(String));
  }
  const of = (event: string) => records.find((record) => record.event === event);
  expect(of("worker-started")).not.toHaveProperty("run");
  expect(of("task-started")).toMatchObject({ run: "run-1", worker: 1, stage: 0, split: 7, attempt: 1 });
  expect(of("task-failed")).toMatchObject({
    level: "warn",
    msg: "stage 0 split 7 failed: said so; it is tried again",
    run: "run-1",
    code: "STORAGE_FAILED",
    sample: "said so",
    error: { message: "said so", causes: ["said so"] },
  });
  expect(of("worker-stalled")).toMatchObject({ level: "warn", worker: 1, split: 7, sample: "said so" });
  expect(of("worker-memory")).toMatchObject({
    msg: "worker 1 holds 128 MiB, 1 MiB more than when it started",
    residentBytes: 2 ** 27,
    grownBytes: 2 ** 20,
  });
  expect(of("run-finished")).toMatchObject({
    level: "error",
    outcome: "failed",
    counts: { read: 6, written: 2, dropped: 1, failed: 3 },
    failedTasks: 1,
  });
});

test("the level decides what is said, down to nothing", () => {
  const events = (level: LogLevel) =>
    new Set(
      logged(level, "x")
        .records()
        .map((record) => record.event),
    );
  expect(events("info")).toContain("checkpoint-written");
  expect(events("info")).not.toContain("task-started");
  expect(events("warn")).not.toContain("checkpoint-written");
  expect(events("warn")).toContain("task-failed");
  expect([...events("error")]).toEqual(["checkpoint-failed", "run-finished"]);
  expect(events("silent").size).toBe(0);
});

test("what no event tells is logged the same way, percent signs and all", () => {
  const { log, records } = logged("info", "x");
  log.write("info", "100 %s done", { port: 9090, token: "abc" });
  expect(records().at(-1)).toMatchObject({ level: "info", msg: "100 %s done", port: 9090, token: "[redacted]" });
});

test("a long text is cut, so that the line stays whole", () => {
  for (const line of logged("trace", "x".repeat(1e5)).lines) expect(line.length).toBeLessThan(80_000);
});

test("LOG_LEVEL is taken as people write it, and refused where nobody could know what is meant", () => {
  expect([undefined, "", "WARNING", " Debug ", "silent"].map(parseLogLevel)).toEqual([
    "info",
    "info",
    "warn",
    "debug",
    "silent",
  ]);
  expect(() => parseLogLevel("loud")).toThrow(PipelineError);
  expect(() => parseLogLevel("constructor")).toThrow("expected one of trace, debug");
});
