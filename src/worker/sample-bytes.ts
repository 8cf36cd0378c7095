import { Buffer } from "node:buffer";
import { type Attributes, isMediaPart, type Sample } from "../model/sample.ts";
import { encodeSample } from "./encode-sample.ts";

/** About what a sample takes in the input: its parts as they are encoded there, and its attributes. */
export function inputBytes(sample: Sample): number {
  let bytes = attributeBytes(sample.attributes);
  for (const part of sample.parts) {
    if (part.kind === "text") bytes += Buffer.byteLength(part.text);
    else if (isMediaPart(part)) bytes += part.content.byteLength ?? 0;
    else bytes += part.values.byteLength;
  }
  return bytes;
}

/** Encodes a sample as for a sink, and says what it then takes, before packing and compression. */
export async function outputBytes(sample: Sample, needsBytes: boolean): Promise<number> {
  const encoded = await encodeSample(sample, needsBytes);
  let bytes = attributeBytes(encoded.attributes);
  for (const part of encoded.parts) {
    if (part.kind === "text") bytes += Buffer.byteLength(part.text);
    else if (part.kind === "embedding") bytes += part.values.byteLength;
    else bytes += part.bytes?.byteLength ?? 0;
  }
  return bytes;
}

function attributeBytes(attributes: Attributes): number {
  return Buffer.byteLength(JSON.stringify(attributes));
}
