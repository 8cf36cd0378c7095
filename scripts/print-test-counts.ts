// The closing line of CI, from the JSON that vitest wrote: `N passed, N failed`, and `, N skipped` when some were.
// Fails when no test ran.
import { readFileSync } from "node:fs";
import { z } from "zod";

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numFailedTestSuites: z.int(),
});

const report = reportSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const skipped = report.numPendingTests + report.numTodoTests;
process.stdout.write(
  `${report.numPassedTests} passed, ${report.numFailedTests} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`,
);
if (report.numPassedTests === 0 || report.numFailedTestSuites > 0) process.exitCode = 1;
