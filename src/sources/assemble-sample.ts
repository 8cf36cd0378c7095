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
  options: AssemblyOptions,
): Promise<Sample> {
  const assembly = new Assembly(attributes, options);
  for (const member of members) {
    assembly.expectBytes(member);
    if (assembly.maySay(member) && assembly.takeSaid(member, await bytesOf(member, options))) continue;
    const sniffed = sniff(member);
    const type = sniffed instanceof Promise ? await sniffed : sniffed;
    assembly.take(member, type, type.kind === "text" ? await bytesOf(member, options) : undefined);
  }
  return assembly.sample(id);
}

/** The same of members whose bytes are at hand; undefined where something must be waited for. Throws what the other rejects with. */
export function assembleAtOnce(
  id: string,
  members: readonly Member[],
  attributes: Attributes,
  options: AssemblyOptions,
): Sample | undefined {
  const assembly = new Assembly(attributes, options);
  for (const member of members) {
    assembly.expectBytes(member);
    const bytes = member.content.peek();
    if (bytes === undefined) return undefined;
    if (assembly.maySay(member) && assembly.takeSaid(member, bytes)) continue;
    const type = sniff(member);
    if (type instanceof Promise) return undefined;
    assembly.take(member, type, bytes);
  }
  return assembly.sample(id);
}

interface AssemblyOptions extends MemberOptions {
  readonly jsonAttributes: boolean;
}

interface TypedMember {
  readonly member: Member;
  readonly type: SniffedType;
  readonly text: string | undefined;
}

/** A sample as its members come together. */
class Assembly {
  readonly #options: AssemblyOptions;
  readonly #typed: TypedMember[] = [];
  #attributes: Attributes;

  constructor(attributes: Attributes, options: AssemblyOptions) {
    this.#attributes = attributes;
    this.#options = options;
  }

  expectBytes(member: Member): void {
    if (member.byteLength > 0) return;
    throw new PipelineError("SAMPLE_EMPTY", `${member.where} holds no bytes`, { details: { file: member.where } });
  }

  /** Whether the member's bytes can be attributes of the sample. */
  maySay(member: Member): boolean {
    return this.#options.jsonAttributes && /(?:^|\.)json$/.test(member.extension);
  }

  /** Takes the attributes that the bytes are; false when they are something else. */
  takeSaid(member: Member, bytes: Uint8Array): boolean {
    const value = parseJson(decodedText(member, bytes, this.#options), member.where);
    if (!isJsonObject(value)) return false;
    this.#attributes = { ...value, ...this.#attributes };
    return true;
  }

  /** Takes a part; of text its bytes are needed. */
  take(member: Member, type: SniffedType, bytes: Uint8Array | undefined): void {
    const isText = type.kind === "text" && bytes !== undefined;
    this.#typed.push({ member, type, text: isText ? decodedText(member, bytes, this.#options) : undefined });
  }

  sample(id: string): Sample {
    const typed = this.#typed;
    const names = partNames(typed.map(({ member, type }) => ({ kind: type.kind, extension: member.extension })));
    const parts = typed.map(({ member, type, text }, index): Part => {
      const name = names[index] ?? type.kind;
      if (type.kind === "text") return { kind: "text", name, mediaType: type.mediaType, text: text ?? "" };
      return { kind: type.kind, name, mediaType: type.mediaType, content: member.content };
    });
    return { id, parts, attributes: this.#attributes };
  }
}

function sniff({ head, byteLength }: Member): SniffedType | Promise<SniffedType> {
  return sniffMediaType(head, head.byteLength === byteLength);
}

export async function textOf(member: Member, options: MemberOptions): Promise<string> {
  return decodedText(member, await bytesOf(member, options), options);
}

/** Bytes that are read as text. */
async function bytesOf(member: Member, options: MemberOptions): Promise<Uint8Array> {
  expectTextBytes(member, options);
  return member.content.peek() ?? (await member.content.bytes());
}

function decodedText(member: Member, bytes: Uint8Array, options: MemberOptions): string {
  expectTextBytes(member, options);
  return decodeText(bytes, options.invalidUtf8, "SAMPLE_CORRUPT", member.where);
}

function expectTextBytes({ where, byteLength }: Member, { maxTextBytes }: MemberOptions): void {
  if (byteLength > maxTextBytes) throw tooLarge(where, byteLength, maxTextBytes, "maxTextBytes");
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
