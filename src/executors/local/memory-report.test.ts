import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { MemoryReport } from "./memory-report.ts";

const isElsewhere = process.platform !== "linux";

test.skipIf(isElsewhere)(
  "what living workers hold is told again and again, and nothing of those that are gone",
  async () => {
    const told: (readonly [worker: number, bytes: number, grown: number])[] = [];
    await new Promise<void>((resolve) => {
      const living = { index: 3, processId: process.pid };
      const gone = { index: 4, processId: 0 };
      const report = new MemoryReport(
        () => [gone, living],
        (worker, bytes, grown) => {
          told.push([worker, bytes, grown]);
          if (told.length === 2) resolve();
        },
        1,
      );
      onTestFinished(() => report.stop());
      report.start();
    });
    expect(told.map(([worker]) => worker).slice(0, 2)).toEqual([3, 3]);
    const [first, second] = told;
    expect(first?.[1]).toBeGreaterThan(2 ** 20);
    expect(first?.[2]).toBe(0);
    expect(second?.[2]).toBe((second?.[1] ?? 0) - (first?.[1] ?? 0));
  },
);
