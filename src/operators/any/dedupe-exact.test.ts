import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesContent } from "../../model/content.ts";
import { DigestSet } from "../../model/digest-set.ts";
import type { Part, Sample } from "../../model/sample.ts";
import { dedupeExact } from "./dedupe-exact.ts";

const context = { signal: new AbortController().signal, seed: 0 };
const text = (value: string, name = "text"): Part => ({ kind: "text", name, mediaType: "text/plain", text: value });
const image = (value: string): Part => ({
  kind: "image",
  name: "image",
  mediaType: "image/png",
  content: bytesContent(Buffer.from(value)),
});

async function keptPositions(
  partLists: readonly (readonly Part[])[],
  options: unknown = {},
): Promise<readonly number[]> {
  const opened = await dedupeExact.open(dedupeExact.options.parse(options), context);
  const stream = async function* (): AsyncGenerator<Sample> {
    for (const [index, parts] of partLists.entries()) yield { id: `sample ${index}`, parts, attributes: { index } };
  };
  const kept: number[] = [];
  for await (const [position, decision] of opened.apply(stream())) if (decision.kind === "keep") kept.push(position);
  return kept;
}

test("the first of equal contents is kept, whatever ids and attributes say", async () => {
  expect(await keptPositions([[text("one")], [text("two")], [text("one")], [image("two")], [image("two")]])).toEqual([
    0, 1, 3,
  ]);
});

test("text is compared normalised unless told otherwise", async () => {
  const lists = [[text("The  MIT\nLicense")], [text("the mit license ")], [text("caf\u00e9")], [text("cafe\u0301")]];
  expect(await keptPositions(lists)).toEqual([0, 2]);
  expect(await keptPositions(lists, { normalizeText: false })).toEqual([0, 1, 2, 3]);
});

test("one part can be chosen; a sample without it stays", async () => {
  const lists = [
    [text("a", "caption"), image("1")],
    [text("b", "caption"), image("1")],
    [text("c", "caption")],
    [text("d", "caption")],
  ];
  expect(await keptPositions(lists, { part: "image" })).toEqual([0, 2, 3]);
});

test("the borders between parts count", async () => {
  expect(
    await keptPositions([
      [text("ab", "1"), text("c", "2")],
      [text("a", "1"), text("bc", "2")],
    ]),
  ).toEqual([0, 1]);
});

test("a digest set is a set", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3000 }), { maxLength: 6000 }), (values) => {
      const digests = new DigestSet();
      const seen = new Set<number>();
      for (const value of values) {
        expect(digests.add(createHash("sha256").update(String(value)).digest())).toBe(!seen.has(value));
        seen.add(value);
      }
      expect(digests.size).toBe(seen.size);
    }),
    { numRuns: 20 },
  );
});
