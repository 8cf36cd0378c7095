// Writes docs/benchmarks.md from the last full run that was committed; `--check` says whether it is what it would write.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { benchmarksPage } from "./harness/benchmarks-page.ts";
import { resultsSchema } from "./harness/results.ts";

const recorded = path.join(import.meta.dirname, "results/full.json");
const page = path.join(import.meta.dirname, "../docs/benchmarks.md");

const results = existsSync(recorded) ? resultsSchema.parse(JSON.parse(readFileSync(recorded, "utf8"))) : undefined;
const text = benchmarksPage(results);
if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
  process.stderr.write("docs/benchmarks.md is stale. Run `npm run generate` and commit the result\n");
  process.exitCode = 1;
}
