import { z } from "zod";
import { PipelineError } from "../model/errors.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { mediaKinds, type Part, type Sample } from "../model/sample.ts";
import { type Member, type MemberOptions, parseJson, textOf } from "./assemble-sample.ts";

/** What the `webdataset` sink writes into `<key>.json`. */
const metadataSchema = z.strictObject({
  id: z.string().min(1),
  attributes: z.custom<JsonObject>(isJsonObject),
  parts: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(["text", "embedding", ...mediaKinds]),
      mediaType: z.string().optional(),
      member: z.string(),
    }),
  ),
});

/**
 * The sample that the `webdataset` sink wrote as this group: id, part names, kinds, media types and order as they
 * were. Undefined when the group is not of that sink. Rejects with SAMPLE_CORRUPT when a part's member is missing.
 */
export async function restoreSample(members: readonly Member[], options: MemberOptions): Promise<Sample | undefined> {
  const sidecar = members.find(({ extension }) => extension === "json");
  if (sidecar === undefined || sidecar.byteLength === 0) return undefined;
  const metadata = metadataSchema.safeParse(parseJson(await textOf(sidecar, options), sidecar.where));
  if (!metadata.success) return undefined;
  const { id, attributes, parts } = metadata.data;
  const restored: Part[] = [];
  for (const { name, kind, mediaType = "application/octet-stream", member: extension } of parts) {
    const member = members.find((candidate) => candidate.extension === extension);
    if (member === undefined) {
      throw new PipelineError("SAMPLE_CORRUPT", `${sidecar.where} lists the member .${extension}, which is missing`, {
        details: { id, member: extension },
      });
    }
    if (kind === "text") restored.push({ kind, name, mediaType, text: await textOf(member, options) });
    else if (kind === "embedding")
      restored.push({ kind, name, values: floatsOfNpy(await member.content.bytes(), member.where) });
    else restored.push({ kind, name, mediaType, content: member.content });
  }
  return { id, parts: restored, attributes };
}

/** A NumPy file (format 1.0) of little-endian float32 with one dimension, as the sink writes it. */
function floatsOfNpy(bytes: Uint8Array, where: string): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isNpy = bytes.byteLength >= 10 && view.getUint32(0) === 0x934e554d && view.getUint32(4) === 0x50590100;
  const start = isNpy ? 10 + view.getUint16(8, true) : 0;
  const description = new TextDecoder("latin1").decode(bytes.subarray(10, start));
  const length = Number(/'shape': \((\d+),\)/.exec(description)?.[1] ?? Number.NaN);
  if (!description.includes("'descr': '<f4'") || start + length * 4 !== bytes.byteLength) {
    throw new PipelineError("SAMPLE_CORRUPT", `${where} is not a NumPy file of float32 with one dimension`);
  }
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) values[index] = view.getFloat32(start + index * 4, true);
  return values;
}
