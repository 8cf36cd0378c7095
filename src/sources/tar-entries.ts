import { nameFromBytes } from "../storage/file-name-bytes.ts";
import type { ByteCursor } from "./byte-cursor.ts";

export interface TarEntry {
  /** As the archive gives it: it may hold `..` or begin with `/`. */
  readonly name: string;
  /** `other`: links, devices, sparse files. */
  readonly type: "file" | "folder" | "other";
  /** Where the body begins. */
  readonly offset: number;
  readonly size: number;
}

/** Thrown where an archive stops making sense; whoever knows its name says which it is. */
export class TarDamage extends Error {
  override readonly name = "TarDamage";
}

const blockBytes = 512;
/** Long names and extended headers are this long at most. */
const maxMetadataBytes = 2 ** 20;

type PaxRecords = { readonly path?: string; readonly size?: number; readonly isSparse?: boolean };

/**
 * The entries of a tar archive (POSIX ustar and pax: IEEE Std 1003.1-2017; old V7; GNU long names), in order.
 * After an entry the consumer may read its body from `cursor`; what it leaves is skipped. Archives that were
 * concatenated are read through. Throws TarDamage at a header that is none, and at the end of an archive
 * that is cut: inside of a body, or before the zero blocks that end every archive.
 */
export async function* tarEntries(cursor: ByteCursor): AsyncGenerator<TarEntry> {
  let global: PaxRecords = {};
  let local: PaxRecords = {};
  let hasEnded = false;
  for (;;) {
    const block = await cursor.read(blockBytes);
    if (block.byteLength === 0 && hasEnded) return;
    if (block.byteLength < blockBytes) {
      if (hasEnded) return;
      throw new TarDamage(`it ends at byte ${cursor.offset} without the zero blocks that end an archive`);
    }
    if (block.every((byte) => byte === 0)) {
      hasEnded = true;
      continue;
    }
    const header = parseHeader(block);
    if (header === undefined) {
      // What lies behind the end of an archive is padding, whatever it holds.
      if (hasEnded) return;
      throw new TarDamage(
        `the block at byte ${cursor.offset - blockBytes} is not a tar header (its checksum is wrong)`,
      );
    }
    hasEnded = false;
    if (header.flag === "x" || header.flag === "g" || header.flag === "L" || header.flag === "K") {
      const body = await readMetadata(cursor, header.size);
      if (header.flag === "x") local = { ...local, ...parsePax(body) };
      else if (header.flag === "g") global = { ...global, ...parsePax(body) };
      else if (header.flag === "L") local = { ...local, path: nameFromBytes(untilZero(body)) };
      continue;
    }
    const size = header.hasBody ? (local.size ?? header.size) : 0;
    const padded = paddedSize(size);
    const entry = entryOf(header, { ...global, ...local }, cursor.offset, size);
    local = {};
    yield entry;
    const consumed = cursor.offset - entry.offset;
    if ((await cursor.skip(padded - consumed)) < padded - consumed && cursor.offset < entry.offset + size) {
      throw new TarDamage(`it ends at byte ${cursor.offset}, inside of ${JSON.stringify(entry.name)} (${size} bytes)`);
    }
  }
}

interface Header {
  readonly name: string;
  readonly flag: string;
  /** False for links, devices and folders, whatever size they claim. */
  readonly hasBody: boolean;
  readonly size: number;
}

function entryOf(header: Header, pax: PaxRecords, offset: number, size: number): TarEntry {
  const name = pax.path ?? header.name;
  const isFile = header.flag === "0" || header.flag === "\0" || header.flag === "7";
  const isFolder = header.flag === "5" || (isFile && name.endsWith("/"));
  return { name, type: isFolder ? "folder" : isFile && pax.isSparse !== true ? "file" : "other", offset, size };
}

function paddedSize(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

async function readMetadata(cursor: ByteCursor, size: number): Promise<Buffer> {
  if (size > maxMetadataBytes) throw new TarDamage(`the extended header at byte ${cursor.offset} claims ${size} bytes`);
  const body = await cursor.read(paddedSize(size));
  if (body.byteLength < size) throw new TarDamage(`it ends at byte ${cursor.offset}, inside of an extended header`);
  return body.subarray(0, size);
}

function parseHeader(block: Buffer): Header | undefined {
  const size = parseNumber(block, 124, 12);
  if (parseNumber(block, 148, 8) !== checksumOf(block) || size === undefined) return undefined;
  const flag = String.fromCharCode(block[156] ?? 0);
  const name = untilZero(block.subarray(0, 100));
  // GNU writes "ustar  " and uses the field of the prefix for other things.
  const isPosix = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isPosix ? untilZero(block.subarray(345, 500)) : Buffer.alloc(0);
  return {
    name: nameFromBytes(prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name])),
    flag,
    hasBody: !"123456".includes(flag),
    size,
  };
}

/** Octal digits, or base 256 when the first bit is set (GNU, for what octal cannot hold). */
function parseNumber(block: Buffer, offset: number, length: number): number | undefined {
  if (((block[offset] ?? 0) & 0x80) !== 0) {
    let value = (block[offset] ?? 0) & 0x7f;
    for (let index = 1; index < length; index++) value = value * 256 + (block[offset + index] ?? 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = untilZero(block.subarray(offset, offset + length))
    .toString("latin1")
    .trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockBytes; index++) if (index < 148 || index >= 156) sum += block[index] ?? 0;
  return sum;
}

function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** Records `<length> <key>=<value>\n`. */
function parsePax(body: Buffer): PaxRecords {
  let records: PaxRecords = {};
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString("latin1", at, space));
    const equals = body.indexOf(0x3d, space);
    if (space <= at || !Number.isInteger(length) || length <= 0 || at + length > body.length || equals === -1) {
      throw new TarDamage("an extended header cannot be parsed");
    }
    const key = body.toString("utf8", space + 1, equals);
    const value = body.subarray(equals + 1, at + length - 1);
    if (key === "path") records = { ...records, path: nameFromBytes(value) };
    else if (key === "size") records = { ...records, size: Number(value.toString("latin1")) };
    else if (key.startsWith("GNU.sparse.")) records = { ...records, isSparse: true };
    at += length;
  }
  if (records.size !== undefined && !Number.isSafeInteger(records.size)) {
    throw new TarDamage("an extended header holds a size that is no number");
  }
  return records;
}
