import { estimateDecodedBytes } from "../media/decoded-size.ts";
import { asPipelineError, type PipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";

/** Decoded bytes of a sample; an error when it cannot even be read. Rejects when that concerns more than the sample. */
export function estimateSample(sample: Sample, uri: string): number | Promise<number | PipelineError> {
  let total = 0;
  for (const part of sample.parts) {
    const estimate = estimateDecodedBytes(part);
    if (typeof estimate !== "number") return estimateLater(sample, uri);
    total += estimate;
  }
  return total;
}

async function estimateLater(sample: Sample, uri: string): Promise<number | PipelineError> {
  try {
    let total = 0;
    for (const part of sample.parts) total += await estimateDecodedBytes(part);
    return total;
  } catch (cause) {
    const error = asPipelineError(cause, "INPUT_UNREADABLE", `${uri} cannot be read`);
    if (error.scope !== "sample") throw error;
    return error;
  }
}

/** About what was read for a sample, while its task runs. */
export function encodedBytes(sample: Sample): number {
  let bytes = 0;
  for (const part of sample.parts) {
    if (part.kind === "text") bytes += part.text.length;
    else if (part.kind === "embedding") bytes += part.values.byteLength;
    else bytes += part.content.byteLength ?? 0;
  }
  return bytes;
}
