import { byteSize } from "../contract/units.ts";
import { sniffMediaType } from "../media/sniff-media-type.ts";
import type { SniffedType } from "../media/sniffed-type.ts";
import type { Content } from "../model/content.ts";
import { messageOf, PipelineError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";
import type { Attributes, Part, Sample } from "../model/sample.ts";
import { decodeText, type InvalidUtf8 } from "./decode-text.ts";

/** One file of a group, on its way to become a part. */
export interface Member {
  /** For messages: path of the file, or the archive and the name in it. */
  readonly where: string;
  readonly extension: string;
  readonly byteLength: number;
  /** The first bytes, or all. */
  readonly head: Uint8Array;
  readonly content: Content;
}

export interface MemberOptions {
  readonly invalidUtf8: InvalidUtf8;
  readonly maxTextBytes: number;
}

export const maxTextBytesOption = byteSize
  .default(64 * 2 ** 20)
  .describe("Largest text file that is read; a larger one fails its sample.");

/**
 * The sample that a group of files is. Parts are named by kind (`image`), or by extension where the
 * group has several of that kind. Objects in `json` members become attributes when `jsonAttributes` is set.
 * Rejects with SAMPLE_EMPTY, SAMPLE_TOO_LARGE, SAMPLE_CORRUPT or RECORD_INVALID.
 */
export async function assembleSample(
  id: string,
  members: readonly Member[],
  attributes: Attributes,
  options: MemberOptions & { readonly jsonAttributes: boolean },
): Promise<Sample> {
  const typed: { readonly member: Member; readonly type: SniffedType }[] = [];
  let allAttributes = attributes;
  for (const member of members) {
    if (member.byteLength === 0) {
      throw new PipelineError("SAMPLE_EMPTY", `${member.where} holds no bytes`, { details: { file: member.where } });
    }
    if (options.jsonAttributes && /(?:^|\.)json$/.test(member.extension)) {
      const value = parseJson(await textOf(member, options), member.where);
      if (isJsonObject(value)) {
        allAttributes = { ...value, ...allAttributes };
        continue;
      }
    }
    const sniffed = sniffMediaType(member.head, member.head.byteLength === member.byteLength);
    typed.push({ member, type: sniffed instanceof Promise ? await sniffed : sniffed });
  }
  const names = partNames(typed.map(({ member, type }) => ({ kind: type.kind, extension: member.extension })));
  const parts: Part[] = [];
  for (const [index, { member, type }] of typed.entries()) {
    const name = names[index] ?? type.kind;
    if (type.kind === "text") {
      parts.push({ kind: "text", name, mediaType: type.mediaType, text: await textOf(member, options) });
    } else {
      parts.push({ kind: type.kind, name, mediaType: type.mediaType, content: member.content });
    }
  }
  return { id, parts, attributes: allAttributes };
}

export async function textOf(member: Member, options: MemberOptions): Promise<string> {
  if (member.byteLength > options.maxTextBytes) {
    throw tooLarge(member.where, member.byteLength, options.maxTextBytes, "maxTextBytes");
  }
  const bytes = member.content.peek() ?? (await member.content.bytes());
  return decodeText(bytes, options.invalidUtf8, "SAMPLE_CORRUPT", member.where);
}

/** SAMPLE_TOO_LARGE with the option that sets the limit. */
export function tooLarge(where: string, bytes: number, limit: number, option: string): PipelineError {
  return new PipelineError("SAMPLE_TOO_LARGE", `${where} has ${bytes} bytes; ${option} allows ${limit}`, {
    details: { bytes, limit, option },
  });
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PipelineError("RECORD_INVALID", `${where} is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** Kind where it is the only one of its kind, else extension; all extensions if that would name two parts alike. */
export function partNames(
  members: readonly { readonly kind: string; readonly extension: string }[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind } of members) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const names = members.map(({ kind, extension }) =>
    (counts.get(kind) ?? 0) > 1 && extension !== "" ? extension : kind,
  );
  if (new Set(names).size === names.length) return names;
  return members.map(({ kind, extension }) => extension || kind);
}
