import type { EncodedPart } from "../contract/sink.ts";
import { PipelineError } from "../model/errors.ts";

export type EncodedMedia = Exclude<EncodedPart, { readonly kind: "text" | "embedding" }>;

export function isEncodedMedia(part: EncodedPart): part is EncodedMedia {
  return part.kind !== "text" && part.kind !== "embedding";
}

/** The bytes of a media part. Throws OPERATOR_CONTRACT when it came without. */
export function mediaBytes(part: EncodedMedia, sampleId: string): Uint8Array {
  if (part.bytes !== undefined) return part.bytes;
  throw new PipelineError(
    "OPERATOR_CONTRACT",
    `part ${JSON.stringify(part.name)} of sample ${JSON.stringify(sampleId)} reached the sink without bytes: expected them, or a reference where the sink asked for references`,
    { details: { sample: sampleId, part: part.name } },
  );
}
