import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import type { Catalog } from "../../src/contract/catalog.ts";
import type { Sample } from "../../src/model/sample.ts";
import { checkOperator } from "../../src/testing/check-operator.ts";
import { operatorSamples } from "./operator-samples.ts";

const moduleAt = (name: string) => fileURLToPath(new URL(`../fixtures/operator-modules/${name}`, import.meta.url));

/** Options beside the defaults under which an operator is tried; the first ones where it has no defaults. */
const options: { readonly [operator: string]: readonly object[] } = {
  "batch-module": [{ module: moduleAt("rank-titles.ts"), reads: ["title"], writes: ["titleLength"] }],
  filter: [
    { where: "widthPixels > 600 and contains(tags, 'a')" },
    { where: "exists(score) and score > 1" },
    { where: "length(title) == 4 ? coalesce(score, language) == 'en' : false" },
  ],
  "filter-words": [{ words: ["bridge", "buy now"] }, { words: ["bridge"], maxOccurrences: 100 }],
  "map-module": [
    {
      module: moduleAt("mark-long.ts"),
      reads: ["title"],
      writes: ["isLong", "dictionary"],
      dropReasons: ["blank"],
      options: { dictionary: "/words.txt" },
    },
  ],
  rename: [{ attributes: { title: "heading", language: "title" }, parts: { caption: "text" } }],
  sample: [{ fraction: 0.5 }, { fraction: 0, attribute: "language", fractions: { en: 0.5 } }],
  select: [{ attributes: ["title"] }, { parts: ["text"], kinds: ["image"] }, { attributes: [], kinds: [] }],
};

const operators: Catalog["operators"] = builtinCatalog.operators;
const scoring = new Set<string>();
for (const [name, load] of Object.entries(operators)) {
  const given = { ...options[name]?.[0], mode: "score" };
  if ((await load()).options.safeParse(given).success) scoring.add(name);
}
let samples: readonly Sample[];

beforeAll(async () => {
  samples = await operatorSamples();
});

describe.each(Object.keys(operators))("%s", (name) => {
  it("has its name in the catalog", async () => {
    expect((await operators[name]?.())?.name).toBe(name);
  });

  it.each(options[name] ?? [{}])("keeps the operator contract with %j", async (given) => {
    await check(name, given);
  });

  if (!scoring.has(name)) return;
  it("keeps it when it only scores, and drops nothing", async () => {
    const report = await check(name, { ...options[name]?.[0], mode: "score" });
    expect(report.dropped).toEqual({});
  });
});

async function check(name: string, given: object) {
  const spec = await operators[name]?.();
  if (spec === undefined) throw new Error(`no operator ${name}`);
  const report = await checkOperator(spec, { options: given, samples });
  // Whatever a built-in operator throws names its code.
  expect(report.failed).not.toHaveProperty("OPERATOR_FAILED");
  return report;
}
