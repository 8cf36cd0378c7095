import { expect, test } from "vitest";
import { benchmarksPage } from "./benchmarks-page.ts";
import { mergedResults, type Results, resultsSchema, type WorkloadResult } from "./results.ts";
import { printedTable, significant } from "./table.ts";

const spreadOf = (median: number) => ({ median, least: median, greatest: median });
const workload: WorkloadResult = {
  id: "W1",
  title: "images",
  unit: "images",
  day: "2025-01-31",
  machine: "2 cores",
  versions: { node: "v22" },
  input: "10 images",
  sides: [
    {
      name: "ours",
      kind: "ours",
      items: 10,
      runs: 2,
      itemsPerSecond: spreadOf(1234.5),
      figures: { slope: spreadOf(1.1) },
    },
    { name: "peer", kind: "expert", itemsPerSecond: spreadOf(0.0123), timesAsFast: spreadOf(2) },
    { name: "other", kind: "documented", absent: "does not install: no wheel" },
  ],
  goals: [
    { side: "peer", text: ">= 1.5x", reached: 2, verdict: "met" },
    { side: "other", text: ">= 3x", verdict: "not measured" },
  ],
};
const results: Results = { version: 1, size: "full", workloads: [workload] };

test("the table has every side, those that did not run with the reason", () => {
  const lines = printedTable([workload]).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[2]).toMatch(/^W1 +ours +1235 .*slope 1\.10$/);
  expect(lines[3]).toMatch(/peer \(expert\) +0\.0123 .*2\.00x \(2\.00 to 2\.00\) +>= 1\.5x: met \(2\.00\)$/);
  expect(lines[4]).toMatch(/other \(documented\) +not run: does not install: no wheel +>= 3x: not measured$/);
});

test("a workload that could not be prepared is a line with the reason", () => {
  expect(printedTable([{ ...workload, absent: "no server", sides: [], goals: [] }])).toMatch(/W1 +not run: no server$/);
});

test("the page says the same, with input, day, machine and versions", () => {
  const page = benchmarksPage(results);
  expect(page).toContain("## W1: images");
  expect(page).toContain("| other (documented) | not run: does not install: no wheel | >= 3x: not measured |");
  expect(page).toContain("2025-01-31; 2 cores; node v22.");
  expect(benchmarksPage(undefined)).toContain("No full run is recorded yet.");
});

test("results survive JSON, and figures of other workloads of the same size stay", () => {
  expect(resultsSchema.parse(JSON.parse(JSON.stringify(results)))).toEqual(results);
  const fresh: Results = { ...results, workloads: [{ ...workload, id: "W3" }] };
  const ids = ["W1", "W3"];
  expect(mergedResults(results, fresh, ids).workloads.map(({ id }) => id)).toEqual(ids);
  expect(mergedResults(results, { ...fresh, size: "small" }, ids).workloads.map(({ id }) => id)).toEqual(["W3"]);
  expect(mergedResults(results, results, ids).workloads).toHaveLength(1);
});

test("three digits", () => {
  expect([1234.5, 12.345, 0.012345, 0, Number.NaN].map(significant)).toEqual(["1235", "12.3", "0.0123", "0", ""]);
});
