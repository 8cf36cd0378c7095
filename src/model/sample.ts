import type { Content } from "./content.ts";
import type { Json } from "./json.ts";

export const mediaKinds = ["image", "video", "audio", "document", "series", "bytes"] as const;
export type MediaKind = (typeof mediaKinds)[number];
export type PartKind = "text" | "embedding" | MediaKind;
export const partKinds: readonly PartKind[] = ["text", ...mediaKinds, "embedding"];

/** Text in memory. `mediaType` says what the text is written in, `text/plain` unless known better. */
export interface TextPart {
  readonly kind: "text";
  /** Unique inside the sample; `caption`, `text`, `html`. */
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}

/** Encoded media, by reference or in memory. */
export interface MediaPart {
  readonly kind: MediaKind;
  /** Unique inside the sample; `image`, `front_camera`. */
  readonly name: string;
  /** IANA media type of the content as sniffed, never as its file name claims: `image/jpeg`. */
  readonly mediaType: string;
  readonly content: Content;
}

/** A vector, in the order that the model gave it. */
export interface EmbeddingPart {
  readonly kind: "embedding";
  readonly name: string;
  readonly values: Float32Array;
}

export type Part = TextPart | MediaPart | EmbeddingPart;

export type Attributes = { readonly [name: string]: Json };

/**
 * One training example. Immutable: an operator that changes something returns a new sample
 * that shares what it did not change.
 */
export interface Sample {
  /**
   * Unique inside the dataset and the same at every run over the same input: the path of a file
   * group, or `<path>:<position>` of a record. Children of a split sample are `<parent>#<index>`.
   * The engine gives ids; what an operator puts here is ignored.
   */
  readonly id: string;
  /** Ordered, so interleaved documents need no second type. Names are unique. */
  readonly parts: readonly Part[];
  /** Scores, labels and other small facts. */
  readonly attributes: Attributes;
}

export function isMediaPart(part: Part): part is MediaPart {
  return part.kind !== "text" && part.kind !== "embedding";
}

/** The sample with attributes added or replaced. */
export function withAttributes(sample: Sample, added: Attributes): Sample {
  return { id: sample.id, parts: sample.parts, attributes: { ...sample.attributes, ...added } };
}

/** The sample with the part of the same name replaced. */
export function withPart(sample: Sample, part: Part): Sample {
  return {
    id: sample.id,
    parts: sample.parts.map((old) => (old.name === part.name ? part : old)),
    attributes: sample.attributes,
  };
}

/** Id of the child at `index` of a sample that an operator split. */
export function childId(parentId: string, index: number): string {
  return `${parentId}#${index}`;
}
