import { z } from "zod";
import { bytesContent } from "../../src/model/content.ts";
import { mediaKinds, type Part, partKinds, type Sample } from "../../src/model/sample.ts";
import { drawPattern, imagePattern } from "../fixtures/image-pattern.ts";

const repeated = z.strictObject({ repeat: z.string(), times: z.int().min(0) });

const part = z.union([
  z.strictObject({
    name: z.string().default("text"),
    text: z.union([z.string(), repeated]),
    mediaType: z.string().default("text/plain"),
  }),
  z.strictObject({ name: z.string().default("image"), draw: imagePattern, mediaType: z.string().optional() }),
  z.strictObject({ name: z.string(), kind: z.enum(mediaKinds), mediaType: z.string(), base64: z.base64() }),
  z.strictObject({ name: z.string(), embedding: z.array(z.number()) }),
]);

const expectedSample = z.strictObject({
  id: z.string(),
  /** All attributes that the sample has; numbers within a millionth. */
  attributes: z.record(z.string(), z.json()).optional(),
  /** All parts that the sample has, in order; of each what is written here. */
  parts: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(partKinds).optional(),
        mediaType: z.string().optional(),
        text: z.string().optional(),
        widthPixels: z.int().optional(),
        heightPixels: z.int().optional(),
      }),
    )
    .optional(),
});

/** `1-filter: expression`: step id, then drop reason or error code. */
const verdict = z.string().regex(/^\d+-[a-z0-9-]+: \S+$/);

const outcome = z.strictObject({
  kept: z.array(expectedSample).default([]),
  dropped: z.record(z.string(), verdict).default({}),
  failed: z.record(z.string(), verdict).default({}),
});

const refusal = z.strictObject({ refused: z.strictObject({ code: z.string(), message: z.string() }) });

/** A file of this folder: a tiny pipeline, its input, and what must come out. */
export const behaviorCase = z.strictObject({
  title: z.string(),
  seed: z.int().default(0),
  steps: z.array(z.json()),
  samples: z
    .array(
      z.strictObject({
        id: z.string(),
        attributes: z.record(z.string(), z.json()).default({}),
        parts: z.array(part).default([]),
      }),
    )
    .min(1),
  expect: z.union([refusal, outcome]),
});

export type BehaviorCase = z.output<typeof behaviorCase>;
export type ExpectedSample = z.output<typeof expectedSample>;

/** The case's input as samples. */
export function samplesOf({ samples }: BehaviorCase): Promise<readonly Sample[]> {
  return Promise.all(
    samples.map(async ({ id, attributes, parts }) => ({ id, attributes, parts: await Promise.all(parts.map(partOf)) })),
  );
}

async function partOf(given: z.output<typeof part>): Promise<Part> {
  if ("text" in given) {
    const { name, mediaType, text } = given;
    return { kind: "text", name, mediaType, text: typeof text === "string" ? text : text.repeat.repeat(text.times) };
  }
  if ("embedding" in given) return { kind: "embedding", name: given.name, values: Float32Array.from(given.embedding) };
  if ("draw" in given) {
    const mediaType = given.mediaType ?? `image/${given.draw.format}`;
    return { kind: "image", name: given.name, mediaType, content: bytesContent(await drawPattern(given.draw)) };
  }
  const content = bytesContent(Uint8Array.from(Buffer.from(given.base64, "base64")));
  return { kind: given.kind, name: given.name, mediaType: given.mediaType, content };
}
