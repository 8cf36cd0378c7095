import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineBatch, defineMap, keep, type OperatorSpec, type Outcome } from "../contract/operator.ts";
import { bytesContent } from "../model/content.ts";
import { PipelineError } from "../model/errors.ts";
import { type Sample, withAttributes } from "../model/sample.ts";
import { checkOperator } from "./check-operator.ts";

const samples: readonly Sample[] = [
  {
    id: "a",
    parts: [{ kind: "text", name: "text", mediaType: "text/plain", text: "one" }],
    attributes: { width: 3, tags: ["x"], other: 1 },
  },
  {
    id: "b",
    parts: [
      { kind: "image", name: "image", mediaType: "image/png", content: bytesContent(Uint8Array.of(1, 2, 3)) },
      { kind: "embedding", name: "vector", values: Float32Array.of(1, Number.NaN) },
    ],
    attributes: { width: 30, tags: [], other: 2 },
  },
  { id: "c", parts: [], attributes: { width: 300, tags: ["y"], other: 3 } },
];

const base = {
  name: "keep-wide",
  summary: "Keeps what is wide.",
  modality: "any" as const,
  options: z.strictObject({ minWidth: z.number().default(10).describe("Smallest width that is kept.") }),
  signature: () => ({ reads: ["width"], writes: ["isWide"], parts: [] }),
  dropReasons: () => ["narrow"],
};

function decide(sample: Sample, minWidth: number): Outcome {
  if (Number(sample.attributes.width) < minWidth) return { kind: "drop", reason: "narrow" };
  return keep(withAttributes(sample, { isWide: true }));
}

const good = defineMap({ ...base, open: async ({ minWidth }) => ({ apply: (sample) => decide(sample, minWidth) }) });

/** The good operator, with `apply` or more of it replaced. */
function operator(apply: (sample: Sample) => Outcome | Promise<Outcome>, changed: Partial<typeof good> = {}) {
  return defineMap({ ...good, open: async () => ({ apply }), ...changed });
}

function batch(apply: (samples: readonly Sample[]) => readonly Outcome[]) {
  return defineBatch({ ...base, open: async () => ({ apply: async (given) => apply(given) }) });
}

async function ruleBrokenBy(spec: OperatorSpec, options: unknown = {}): Promise<string> {
  const error: unknown = await checkOperator(spec, { options, samples }).then(
    () => new Error("no rule was broken"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PipelineError)) throw error;
  expect(error.code).toBe("INVALID_OPERATOR");
  return error.message;
}

let calls = 0;
const wide = (sample: Sample) => keep(withAttributes(sample, { isWide: true }));

describe("operators that keep the rules", () => {
  it("reports what became of the samples", async () => {
    expect(await checkOperator(good, { samples })).toEqual({ kept: 2, split: 0, dropped: { narrow: 1 }, failed: {} });
    expect(await checkOperator(good, { samples, options: { minWidth: 1 } })).toMatchObject({ kept: 3 });
  });

  it("takes throwing for an answer, with its code", async () => {
    const picky = operator((sample) => {
      if (sample.id.startsWith("a")) throw new PipelineError("SAMPLE_CORRUPT", "no");
      if (sample.id === "b") throw new TypeError("no");
      return wide(sample);
    });
    expect(await checkOperator(picky, { samples })).toMatchObject({
      kept: 1,
      failed: { SAMPLE_CORRUPT: 1, OPERATOR_FAILED: 1 },
    });
  });

  it("takes batches, splits and copies of all attributes", async () => {
    expect(
      await checkOperator(
        batch((given) => given.map((sample) => decide(sample, 10))),
        { samples },
      ),
    ).toMatchObject({ kept: 2 });
    const splitting = operator((sample) => ({
      kind: "split",
      samples: sample.parts.map((part) => ({ ...sample, parts: [part] })),
    }));
    expect(await checkOperator(splitting, { samples })).toMatchObject({ split: 3 });
    const entries = operator((sample) =>
      keep({ ...sample, attributes: { ...Object.fromEntries(Object.entries(sample.attributes)), isWide: true } }),
    );
    expect(await checkOperator(entries, { samples })).toMatchObject({ kept: 3 });
  });

  it("lets operators be indeterministic that say so", async () => {
    const random = operator((sample) => keep(withAttributes(sample, { isWide: ++calls })), { isDeterministic: false });
    expect(await checkOperator(random, { samples })).toMatchObject({ kept: 3 });
  });
});

describe("declarations that break a rule", () => {
  it.each([
    ["in kebab-case", { ...good, name: "KeepWide" }],
    ["has a summary", { ...good, summary: " " }],
    ["rejects unknown keys", { ...good, options: z.object({ minWidth: z.number().default(1).describe("x") }) }],
    ["has a description. Without: minWidth", { ...good, options: z.strictObject({ minWidth: z.number().default(1) }) }],
    [
      "has a description. Without: inner.depth",
      {
        ...good,
        options: z
          .strictObject({
            minWidth: z.number().default(1).describe("x"),
            inner: z
              .array(z.strictObject({ depth: z.number() }))
              .default([])
              .describe("x")
              .or(z.null())
              .default(null)
              .describe("x"),
          })
          .transform((options) => options),
      },
    ],
    [
      "plain JSON",
      { ...good, options: z.strictObject({ minWidth: z.number().default(Number.POSITIVE_INFINITY).describe("x") }) },
    ],
    [
      "accepts its own output",
      {
        ...good,
        options: z
          .strictObject({ minWidth: z.number().default(1).describe("x") })
          .transform(({ minWidth }) => ({ minWidth: minWidth + 1 })),
      },
    ],
    ["signature() is pure", { ...good, signature: () => ({ reads: ["width"], writes: [`${++calls}`], parts: [] }) }],
    ["dropReasons() is pure", { ...good, dropReasons: () => [`${++calls}`] }],
    ["names nothing twice", { ...good, signature: () => ({ reads: ["width", "width"], writes: [], parts: [] }) }],
    ["changes paths only", { ...good, resolveLocations: () => ({ minWidth: 0 }) }],
  ])("%s", async (rule, spec) => {
    expect(await ruleBrokenBy(spec)).toContain(rule);
  });

  it("accepts the given options", async () => {
    expect(await ruleBrokenBy(good, { minWidth: "x" })).toContain("schema accepts the given options");
  });
});

describe("behaviour that breaks a rule", () => {
  it.each<[string, OperatorSpec]>([
    [
      "input is never changed",
      operator((sample) => {
        const { tags } = sample.attributes;
        if (Array.isArray(tags)) tags.push("more");
        return wide(sample);
      }),
    ],
    [
      "input is never changed",
      operator((sample) => {
        for (const part of sample.parts) if (part.kind === "embedding") part.values.fill(0);
        return wide(sample);
      }),
    ],
    [
      "input is never changed",
      operator((sample) => {
        for (const part of sample.parts) if (part.kind === "image") part.content.peek()?.fill(++calls % 200);
        return wide(sample);
      }),
    ],
    ["among dropReasons(). Sample a: received thin", operator(() => ({ kind: "drop", reason: "thin" }))],
    ["keeps its id", operator((sample) => keep({ ...withAttributes(sample, { isWide: true }), id: "z" }))],
    [
      "only the attributes in `writes`. Sample a: extra was added",
      operator((sample) => keep(withAttributes(sample, { isWide: true, extra: 1 }))),
    ],
    [
      "only the attributes in `writes`. Sample a: width was changed",
      operator((sample) => keep(withAttributes(sample, { isWide: true, width: 1 }))),
    ],
    [
      "only the attributes in `writes`",
      operator((sample) => ({ kind: "drop", reason: "narrow", sample: withAttributes(sample, { extra: 1 }) })),
    ],
    [
      "only the attributes in `writes`",
      operator((sample) => ({ kind: "split", samples: [withAttributes(sample, { extra: 1 })] })),
    ],
    ["has the attributes in `writes`. Sample a lacks isWide", operator(keep)],
    [
      "removes only the attributes in `removes`. Sample a lost",
      operator((sample) => keep({ ...sample, attributes: { isWide: true } })),
    ],
    [
      "attributes in `removes` are gone. Sample a still has other",
      operator(wide, { signature: () => ({ reads: ["width"], writes: ["isWide"], removes: ["other"], parts: [] }) }),
    ],
    ["plain JSON", operator((sample) => keep(withAttributes(sample, { isWide: Number.NaN })))],
    [
      "no attribute that is neither",
      operator((sample) => keep(withAttributes(sample, { isWide: Object.keys(sample.attributes).length }))),
    ],
    [
      "no attribute that is neither",
      operator((sample) => keep(withAttributes(sample, { isWide: sample.attributes.other ?? 0 }))),
    ],
    [
      "reads only the attributes in `reads`",
      operator((sample) =>
        sample.attributes.other === undefined && sample.id === "none" ? keep(sample) : wide(sample),
      ),
    ],
    ["the sample alone", operator((sample) => keep(withAttributes(sample, { isWide: ++calls })))],
    [
      "names of parts are unique",
      operator((sample) =>
        keep({ ...withAttributes(sample, { isWide: true }), parts: [...sample.parts, ...sample.parts] }),
      ),
    ],
    [
      "kinds of parts in `addsParts`",
      operator((sample) =>
        keep({
          ...withAttributes(sample, { isWide: true }),
          parts: [...sample.parts, { kind: "embedding", name: "e", values: Float32Array.of(1) }],
        }),
      ),
    ],
    [
      "without the parts that it works on passes unchanged. Sample b",
      operator(wide, { signature: () => ({ reads: [], writes: ["isWide"], parts: ["text"] }) }),
    ],
    [
      "some of the given samples do not fail. The first failed with TypeError: broken",
      operator(() => {
        throw new TypeError("broken");
      }),
    ],
    ["one outcome for each sample, in order", batch((given) => given.slice(1).map(wide))],
    ["outcome i belongs to sample i", batch((given) => given.map(wide).reverse())],
    [
      "which samples share a batch",
      batch((given) => given.map((sample) => keep(withAttributes(sample, { isWide: given.length })))),
    ],
  ])("%s", async (rule, spec) => {
    expect(await ruleBrokenBy(spec)).toContain(rule);
  });

  it("tells two openings apart", async () => {
    let openings = 0;
    const counting = defineMap({
      ...good,
      async open() {
        const opening = ++openings;
        return { apply: (sample) => keep(withAttributes(sample, { isWide: opening })) };
      },
    });
    expect(await ruleBrokenBy(counting)).toContain("the same outcome each time");
  });

  it("closes what it opened, also after a broken rule", async () => {
    let open = 0;
    const counted = (apply: (sample: Sample) => Outcome) =>
      defineMap({
        ...good,
        async open() {
          open++;
          return {
            apply,
            async close() {
              open--;
            },
          };
        },
      });
    await checkOperator(counted(wide), { samples });
    await ruleBrokenBy(counted(() => ({ kind: "drop", reason: "thin" })));
    expect(open).toBe(0);
  });

  it("demands samples", async () => {
    await expect(checkOperator(good, { samples: [] })).rejects.toThrow("tried on samples");
  });
});
