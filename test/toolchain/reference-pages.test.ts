import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { optionsTable } from "../../scripts/describe-schema.ts";
import { byteSize, duration } from "../../src/contract/units.ts";
import { errorCodes } from "../../src/model/error-codes.ts";

test("the errors page lists exactly the codes of the table, each with its class, summary and remedy", () => {
  const page = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");
  const rows = page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((text) => text.replaceAll("\\|", "|")),
    );
  const documented = rows.map(([name, ...facts]) => [name?.replaceAll("`", ""), ...facts]);
  const expected = Object.entries(errorCodes).map(([name, one]) => [name, one.failureClass, one.summary, one.remedy]);
  const byName = (a: readonly unknown[], b: readonly unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
  expect(documented.sort(byName)).toEqual(expected.sort(byName));
});

test("an options table says type, limits, default and meaning of every option", () => {
  const schema = z.strictObject({
    path: z.string().describe("Folder."),
    mode: z.enum(["filter", "score"]).default("filter").describe("Filter | score."),
    minWidthPixels: z.int().min(1).default(200).describe("Narrowest."),
    ratio: z.number().min(0).max(1).optional().describe("Share."),
    shardBytes: byteSize.default(2 ** 28).describe("Size."),
    interval: duration.prefault("2s").describe("Time."),
    idField: z.string().nullable().default(null).describe("Id."),
    names: z.array(z.string()).default([]).describe("Names."),
  });
  expect(optionsTable(schema).split("\n").slice(2)).toEqual([
    "| `path` | text | required | Folder. |",
    '| `mode` | `"filter"` or `"score"` | `"filter"` | Filter \\| score. |',
    "| `minWidthPixels` | whole number >= 1 | `200` | Narrowest. |",
    "| `ratio` | number >= 0 and <= 1 |  | Share. |",
    "| `shardBytes` | size such as `256MiB` | `256MiB` | Size. |",
    '| `interval` | duration such as `30s` | `"2s"` | Time. |',
    "| `idField` | text or `null` | `null` | Id. |",
    "| `names` | list of text | `[]` | Names. |",
  ]);
});
