import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sample } from "../../model/sample.ts";
import { murmur3 } from "./murmur3.ts";
import { sample } from "./sample.ts";

const input = (id: string, attributes: Sample["attributes"] = {}): Sample => ({ id, parts: [], attributes });

async function opened(options: unknown, seed = 0) {
  return sample.open(sample.options.parse(options), { seed, signal: new AbortController().signal });
}

/** Ids that are kept, of `count`. */
async function kept(options: unknown, count: number, seed = 0, prefix = "photos/"): Promise<Set<string>> {
  const operator = await opened(options, seed);
  const ids = Array.from({ length: count }, (_, i) => `${prefix}${i}.jpg`);
  const keptIds = new Set<string>();
  for (const id of ids) if ((await operator.apply(input(id))).kind === "keep") keptIds.add(id);
  return keptIds;
}

describe("murmur3", () => {
  // mmh3 5.3.1 (Python), hash(text, seed, signed=False).
  it.each([
    ["", 0, 0],
    ["", 1, 0x514e28b7],
    ["hello", 0, 0x248bfa47],
    ["hello, world", 0, 0x149bbb7f],
    ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
    ["aaa", 0x9747b28c, 0x283e0130],
    ["a/ñ/🐕.jpg", 7, 0x5364c24e],
  ])("%j with seed %d", (text, seed, hash) => {
    const bytes = new TextEncoder().encode(text);
    expect(murmur3(bytes, bytes.length, seed)).toBe(hash);
  });
});

describe("sample", () => {
  it("keeps all at 1 and none at 0", async () => {
    expect((await kept({ fraction: 1 }, 1000)).size).toBe(1000);
    expect((await kept({ fraction: 0 }, 1000)).size).toBe(0);
  });

  it("keeps the fraction within five standard deviations, whatever the seed and the ids", async () => {
    const count = 4000;
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.maxSafeNat(),
        fc.string({ maxLength: 8 }),
        async (fraction, seed, prefix) => {
          const deviation = Math.sqrt(count * fraction * (1 - fraction));
          const { size } = await kept({ fraction }, count, seed, prefix);
          expect(Math.abs(size - count * fraction)).toBeLessThan(5 * deviation);
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it("decides by id and seed alone", async () => {
    const one = await opened({ fraction: 0.5 }, 7);
    const other = await opened({ fraction: 0.5 }, 7);
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 900, unit: "binary" }), { maxLength: 20 }), (ids) => {
        const decisions = ids.map((id) => one.apply(input(id)));
        const backwards = ids.toReversed().map((id) => other.apply(input(id, { further: 1 })));
        expect(backwards.toReversed().map((outcome) => "kind" in outcome && outcome.kind)).toEqual(
          decisions.map((outcome) => "kind" in outcome && outcome.kind),
        );
      }),
    );
  });

  it("chooses anew for another seed, in its upper half too", async () => {
    const first = await kept({ fraction: 0.5 }, 2000, 1);
    for (const seed of [2, 2 ** 40 + 1]) {
      const second = await kept({ fraction: 0.5 }, 2000, seed);
      const both = [...first].filter((id) => second.has(id)).length;
      expect(both).toBeGreaterThan(400);
      expect(both).toBeLessThan(600);
    }
  });

  it("keeps at a larger fraction what it keeps at a smaller one", async () => {
    const small = await kept({ fraction: 0.1 }, 2000);
    const large = await kept({ fraction: 0.3 }, 2000);
    expect([...small].every((id) => large.has(id))).toBe(true);
  });

  it("takes a fraction for each value of an attribute", async () => {
    const operator = await opened({ fraction: 0, attribute: "language", fractions: { en: 1, true: 1, null: 1 } });
    const kindFor = async (language: Sample["attributes"][string]) =>
      (await operator.apply(input("x", { language }))).kind;
    expect(await kindFor("en")).toBe("keep");
    expect(await kindFor(true)).toBe("keep");
    expect(await kindFor(null)).toBe("keep");
    expect(await kindFor("toString")).toBe("drop");
    expect(() => operator.apply(input("x"))).toThrowError(expect.objectContaining({ code: "ATTRIBUTE_MISSING" }));
    expect(() => operator.apply(input("x", { language: ["en"] }))).toThrowError(
      expect.objectContaining({ code: "ATTRIBUTE_TYPE" }),
    );
  });

  it.each([{}, { fraction: 1.1 }, { fraction: 0.5, attribute: "a" }, { fraction: 0.5, fractions: {} }])(
    "refuses %j",
    (options) => {
      expect(sample.options.safeParse(options).success).toBe(false);
    },
  );
});
