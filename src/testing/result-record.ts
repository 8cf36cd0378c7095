import { createHash } from "node:crypto";
import { PipelineError } from "../model/errors.ts";
import { canonicalJson, type Json } from "../model/json.ts";
import { type Attributes, isMediaPart, type Part, type Sample } from "../model/sample.ts";
import type { Result } from "./operator-session.ts";

/** A sample or a result as JSON: equal content gives equal text, media by their sha256. */
export async function sampleRecord(sample: Sample, names: (name: string) => boolean = () => true): Promise<Json> {
  return {
    id: sample.id,
    attributes: only(sample.attributes, names),
    parts: await Promise.all(sample.parts.map(partRecord)),
  };
}

/** `names` says which attributes count. */
export async function resultRecord(result: Result, names?: (name: string) => boolean): Promise<string> {
  switch (result.kind) {
    case "keep":
      return canonicalJson({ kind: "keep", sample: await sampleRecord(result.sample, names) });
    case "drop":
      return canonicalJson({
        kind: "drop",
        reason: result.reason,
        ...(result.sample === undefined ? {} : { sample: await sampleRecord(result.sample, names) }),
      });
    case "split":
      return canonicalJson({
        kind: "split",
        samples: await Promise.all(result.samples.map((child) => sampleRecord(child, names))),
      });
    case "failed":
      return canonicalJson({ kind: "failed", error: codeOf(result.error) });
  }
}

/** A PipelineError's code; OPERATOR_FAILED, as the engine counts it, for whatever else was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof PipelineError ? error.code : "OPERATOR_FAILED";
}

async function partRecord(part: Part): Promise<Json> {
  if (part.kind === "text") return { kind: part.kind, name: part.name, mediaType: part.mediaType, text: part.text };
  if (!isMediaPart(part)) return { kind: part.kind, name: part.name, values: [...part.values].map(String) };
  return {
    kind: part.kind,
    name: part.name,
    mediaType: part.mediaType,
    sha256: await contentHash(part.content.bytes()),
  };
}

async function contentHash(bytes: Promise<Uint8Array>): Promise<string> {
  try {
    return createHash("sha256")
      .update(await bytes)
      .digest("hex");
  } catch (error) {
    // Surfaces in the record: content that cannot be encoded is the sample's failure at the sink.
    return `unreadable: ${codeOf(error)}`;
  }
}

function only(attributes: Attributes, names: (name: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names(name)));
}
