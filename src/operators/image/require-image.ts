import { PipelineError } from "../../model/errors.ts";
import type { MediaPart, Part } from "../../model/sample.ts";

/** The part as an image; steps of this folder are handed nothing else. */
export function requireImage(part: Part): MediaPart {
  if (part.kind === "image") return part;
  throw new PipelineError("OPERATOR_CONTRACT", `expected an image, received the ${part.kind} part "${part.name}"`);
}
