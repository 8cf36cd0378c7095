import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type Decisions,
  decideAll,
  filterNames,
  parseDecisions,
  parseDocument,
} from "../../bench/parity-datatrove-decisions.ts";

const folder = join(import.meta.dirname, "datatrove");
const linesOf = (name: string) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n");

/** What datatrove answers with an exception has no decision to equal. */
function withoutErrors(decisions: Decisions): Decisions {
  return Object.fromEntries(Object.entries(decisions).filter(([, decision]) => decision.error === undefined));
}

// Written by `node bench/parity-datatrove.ts --golden` with the version of datatrove in datatrove.json (0.10.1).
test("decisions, reasons and cleaned texts equal datatrove's on every golden document", async () => {
  const documents = linesOf("documents.jsonl").map(parseDocument);
  const expected = linesOf("decisions.jsonl").map(parseDecisions).map(withoutErrors);
  const decide = await decideAll();
  const found: Decisions[] = [];
  for (const [index, document] of documents.entries()) {
    const all = await decide(document);
    found.push(Object.fromEntries(Object.keys(expected[index] ?? {}).map((name) => [name, all[name] ?? {}])));
  }
  expect(documents.length).toBeGreaterThan(400);
  expect(found).toEqual(expected);
});

test("the golden documents meet nearly every reason of every filter", () => {
  const met = new Set<string>();
  for (const decisions of linesOf("decisions.jsonl").map(parseDecisions)) {
    for (const name of filterNames) met.add(`${name}:${decisions[name]?.reason ?? "kept"}`);
  }
  const wanted = {
    gopherRepetition:
      "empty dup_para_frac dup_para_char_frac dup_line_frac dup_line_char_frac top_2_gram top_3_gram top_4_gram duplicated_5_n_grams duplicated_6_n_grams duplicated_7_n_grams duplicated_8_n_grams duplicated_9_n_grams duplicated_10_n_grams",
    // gopher_long_doc takes 100,000 words: filter-gopher-quality.test.ts.
    gopherQuality:
      "gopher_short_doc gopher_below_avg_threshold gopher_above_avg_threshold gopher_too_many_hashes gopher_too_many_ellipsis gopher_too_many_bullets gopher_too_many_end_ellipsis gopher_below_alpha_threshold gopher_enough_stop_words",
    c4: "lorem_ipsum curly_bracket too_few_sentences",
    fineweb: "empty line_punct_ratio short_line_ratio char_dup_ratio list_ratio",
  };
  for (const [name, reasons] of Object.entries(wanted)) {
    for (const reason of ["kept", ...reasons.split(" ")]) expect(met).toContain(`${name}:${reason}`);
  }
});
