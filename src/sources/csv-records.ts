import { Buffer } from "node:buffer";
import type { ByteLine } from "./byte-lines.ts";

export type CsvRecord =
  | { readonly kind: "record"; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: "invalid"; readonly offset: number; readonly byteLength: number; readonly problem: string }
  | { readonly kind: "too-long"; readonly offset: number; readonly byteLength: number };

const quote = 0x22;

/**
 * Puts the lines of records together whose quoted fields hold line ends. A record that is no CSV costs its first
 * line alone: the lines behind it, which an open quote seemed to swallow, are looked at again.
 */
export class CsvRecordAssembler {
  /** Lines of the record that is still open. */
  private pending: ByteLine[] = [];
  private pendingBytes = 0;
  private readonly delimiter: number;
  private readonly maxRecordBytes: number;

  constructor(delimiter: string, maxRecordBytes: number) {
    this.delimiter = delimiter.charCodeAt(0);
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Takes the next line; the records that it completes, in order. */
  push(line: ByteLine): readonly CsvRecord[] {
    const found: CsvRecord[] = [];
    this.takeAll([line], found);
    return found;
  }

  /** The records that are left when there is no further line. */
  end(): readonly CsvRecord[] {
    const found: CsvRecord[] = [];
    while (this.pending.length > 0) {
      this.takeAll(this.giveUp("opens a quote that is never closed", found), found);
    }
    return found;
  }

  /** `stack` holds the lines last to first; what is given up goes back onto it. */
  private takeAll(stack: ByteLine[], found: CsvRecord[]): void {
    for (let line = stack.pop(); line !== undefined; line = stack.pop()) {
      const problem = this.take(line, found);
      if (problem === undefined) continue;
      for (const again of this.giveUp(problem, found)) stack.push(again);
    }
  }

  /** What is wrong with the pending record; then its lines, this one included, are still pending. */
  private take(line: ByteLine, found: CsvRecord[]): string | undefined {
    const isOpen = this.pending.length > 0;
    if (line.bytes === undefined && !isOpen) {
      found.push({ kind: "too-long", offset: line.offset, byteLength: line.byteLength });
      return undefined;
    }
    this.pending.push(line);
    this.pendingBytes += line.byteLength + 1;
    if (line.bytes === undefined) return "opens a quote that is not closed before a line that is too long";
    const end = endOfLine(line.bytes, this.delimiter, isOpen);
    if (end === "stray-quote") return "has a quote inside of a quoted field that is not doubled";
    if (end === "open") {
      if (this.pendingBytes <= this.maxRecordBytes) return undefined;
      return `opens a quote that is not closed within ${this.maxRecordBytes} bytes`;
    }
    found.push({ kind: "record", offset: this.pending[0]?.offset ?? 0, bytes: joined(this.pending) });
    this.clear();
    return undefined;
  }

  /** Fails the first pending line and hands the others back, last to first. */
  private giveUp(problem: string, found: CsvRecord[]): ByteLine[] {
    const lines = this.pending.reverse();
    this.clear();
    const first = lines.pop();
    if (first !== undefined) {
      found.push({ kind: "invalid", offset: first.offset, byteLength: first.byteLength, problem });
    }
    return lines;
  }

  private clear(): void {
    this.pending = [];
    this.pendingBytes = 0;
  }
}

/** How a line ends, which begins inside of a quoted field when `isOpen`. */
function endOfLine(bytes: Buffer, delimiter: number, isOpen: boolean): "closed" | "open" | "stray-quote" {
  let at = 0;
  let isQuoted = isOpen;
  while (at <= bytes.length) {
    if (!isQuoted && bytes[at] === quote) {
      isQuoted = true;
      at++;
    }
    if (isQuoted) {
      const close = closingQuote(bytes, at);
      if (close === -1) return "open";
      if (close + 1 < bytes.length && bytes[close + 1] !== delimiter) return "stray-quote";
      at = close + 1;
      isQuoted = false;
    }
    const next = bytes.indexOf(delimiter, at);
    if (next === -1) return "closed";
    at = next + 1;
  }
  return "closed";
}

/** Offset of the quote that ends a quoted field; doubled ones are passed over. */
function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at !== -1; at = bytes.indexOf(quote, at + 2)) {
    if (bytes[at + 1] !== quote) return at;
  }
  return -1;
}

/** The lines with the line ends that stood between them. */
function joined(lines: readonly ByteLine[]): Buffer {
  const [first] = lines;
  if (lines.length === 1 && first?.bytes !== undefined) return first.bytes;
  const pieces: Buffer[] = [];
  for (const [index, { offset, bytes, byteLength }] of lines.entries()) {
    if (bytes !== undefined) pieces.push(bytes);
    const next = lines[index + 1];
    if (next !== undefined) pieces.push(Buffer.from(next.offset - offset - byteLength === 2 ? "\r\n" : "\n"));
  }
  return Buffer.concat(pieces);
}

/** Fields of a well-formed record (RFC 4180). A quote inside of a field that does not begin with one is text. */
export function csvFields(record: string, delimiter: string): readonly string[] {
  if (!record.includes('"')) return record.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; at <= record.length; ) {
    if (record[at] === '"') {
      let close = record.indexOf('"', at + 1);
      while (close !== -1 && record[close + 1] === '"') close = record.indexOf('"', close + 2);
      fields.push(record.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 2;
      continue;
    }
    const end = record.indexOf(delimiter, at);
    fields.push(end === -1 ? record.slice(at) : record.slice(at, end));
    at = end === -1 ? record.length + 1 : end + 1;
  }
  return fields;
}
