import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { MemoryReport } from "./memory-report.ts";

const isElsewhere = process.platform !== "linux";

test.skipIf(isElsewhere)(
  "what living workers hold is told again and again, and nothing of those that are gone",
  async () => {
    const told: (readonly [worker: number, bytes: number])[] = [];
    await new Promise<void>((resolve) => {
      const living = { index: 3, processId: process.pid };
      const gone = { index: 4, processId: 0 };
      const report = new MemoryReport(
        () => [gone, living],
        (worker, bytes) => {
          told.push([worker, bytes]);
          if (told.length === 2) resolve();
        },
        1,
      );
      onTestFinished(() => report.stop());
      report.start();
    });
    expect(told.map(([worker]) => worker).slice(0, 2)).toEqual([3, 3]);
    for (const [, bytes] of told) expect(bytes).toBeGreaterThan(2 ** 20);
  },
);
