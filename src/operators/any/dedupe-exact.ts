import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import { defineGather, type GatherDecision } from "../../contract/operator.ts";
import { DigestSet } from "../../model/digest-set.ts";
import { type Part, partKinds, type Sample } from "../../model/sample.ts";

const reason = "duplicate";

const options = z.strictObject({
  part: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the one part to compare. Without it all parts are compared, in order."),
  normalizeText: z
    .boolean()
    .default(true)
    .describe(
      "Compares text after Unicode NFC, in lower case, with runs of white space as one space. The text itself stays as it is.",
    ),
});

type Options = z.output<typeof options>;

/**
 * Keeps the first of samples that are equal in content, in dataset order: ids and attributes do not count. Equality is that
 * of SHA-256 digests cut to 128 bits. Samples without a part to compare are kept. Memory: at most 43 bytes a distinct sample.
 */
export const dedupeExact = defineGather({
  name: "dedupe-exact",
  summary: "Keeps the first of samples that have the same content.",
  modality: "any",
  options,
  signature: () => ({ reads: [], writes: [], parts: [...partKinds] }),
  dropReasons: () => [reason],
  async open(chosen) {
    return { apply: (samples) => decide(samples, chosen) };
  },
});

async function* decide(
  samples: AsyncIterable<Sample>,
  chosen: Options,
): AsyncGenerator<readonly [number, GatherDecision]> {
  const seen = new DigestSet();
  let position = 0;
  for await (const sample of samples) {
    const digest = await digestOf(sample, chosen);
    const isFirst = digest === undefined || seen.add(digest);
    yield [position++, isFirst ? { kind: "keep" } : { kind: "drop", reason }];
  }
}

async function digestOf(sample: Sample, { part: name, normalizeText }: Options): Promise<Uint8Array | undefined> {
  const parts = sample.parts.filter((part) => name === undefined || part.name === name);
  if (parts.length === 0) return undefined;
  const hash = createHash("sha256");
  for (const part of parts) await addPart(hash, part, normalizeText);
  return hash.digest();
}

/** Length and kind go in too, so that no two lists of parts run together into the same bytes. */
async function addPart(hash: Hash, part: Part, normalizeText: boolean): Promise<void> {
  const bytes = await comparedBytes(part, normalizeText);
  hash.update(`${part.kind} ${bytes.byteLength} `).update(bytes);
}

async function comparedBytes(part: Part, normalizeText: boolean): Promise<Uint8Array> {
  if (part.kind === "embedding")
    return new Uint8Array(part.values.buffer, part.values.byteOffset, part.values.byteLength);
  if (part.kind !== "text") return part.content.bytes();
  const text = normalizeText ? part.text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim() : part.text;
  return Buffer.from(text, "utf8");
}
