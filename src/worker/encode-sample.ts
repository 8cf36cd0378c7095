import type { EncodedPart, EncodedSample } from "../contract/sink.ts";
import { isMediaPart, type MediaPart, type Part, type Sample } from "../model/sample.ts";

/** A sample whose bytes are at hand, before it is known which key it gets. */
export type KeylessSample = Omit<EncodedSample, "key">;

/**
 * Takes laziness out of a sample: reads or encodes what is not in memory yet. Synchronous when
 * everything is. Without `needsBytes`, media that are still the input's stay references.
 */
export function encodeSample(sample: Sample, needsBytes: boolean): KeylessSample | Promise<KeylessSample> {
  const parts: EncodedPart[] = [];
  for (const part of sample.parts) {
    const encoded = encodePart(part, needsBytes);
    if (encoded === undefined) return encodeLater(sample, needsBytes);
    parts.push(encoded);
  }
  return { id: sample.id, parts, attributes: sample.attributes };
}

async function encodeLater(sample: Sample, needsBytes: boolean): Promise<KeylessSample> {
  const parts: EncodedPart[] = [];
  for (const part of sample.parts) {
    const encoded = encodePart(part, needsBytes);
    if (encoded !== undefined) parts.push(encoded);
    else if (isMediaPart(part)) parts.push(encodedMedia(part, await part.content.bytes()));
  }
  return { id: sample.id, parts, attributes: sample.attributes };
}

/** Undefined when the part's bytes must be waited for. */
function encodePart(part: Part, needsBytes: boolean): EncodedPart | undefined {
  if (part.kind === "text" || part.kind === "embedding") return part;
  if (!needsBytes && part.content.reference !== undefined) return encodedMedia(part, undefined);
  const bytes = part.content.peek();
  return bytes === undefined ? undefined : encodedMedia(part, bytes);
}

function encodedMedia(part: MediaPart, bytes: Uint8Array | undefined): EncodedPart {
  const { reference } = part.content;
  return {
    kind: part.kind,
    name: part.name,
    mediaType: part.mediaType,
    ...(bytes === undefined ? {} : { bytes }),
    ...(reference === undefined ? {} : { reference }),
  };
}
