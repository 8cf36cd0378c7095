import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { Receipt } from "../contract/receipt.ts";
import { readIntact, sha256Of } from "./intact-object.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { receiptSchema } from "./receipt-schema.ts";
import type { ReceiptSegment } from "./state-record.ts";

/** Receipts of one segment at most: so many are in memory at once. */
const mostReceipts = 5000;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export const segmentPrefix = "receipts/";

/** What a segment was written for: the first object that can mention it. */
export interface SegmentOrigin {
  readonly of: "checkpoint" | "snapshot";
  /** Number of the checkpoint, or sequence of the snapshot. */
  readonly number: number;
}

/** From a segment's name; undefined for anything else. */
export function segmentOrigin(objectName: string): SegmentOrigin | undefined {
  const [, of, digits] = /^receipts\/(checkpoint|snapshot)-(\d{6,})-/.exec(objectName) ?? [];
  return of === "checkpoint" || of === "snapshot" ? { of, number: Number(digits) } : undefined;
}

/** Rejects with LEDGER_CORRUPT when the segment is not what was written, INPUT_NOT_FOUND when it was folded into another. */
export async function readSegment(store: LedgerStore, segment: ReceiptSegment): Promise<readonly Receipt[]> {
  const content = await readIntact(store, segment);
  const lines = (await decompress(content)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => receiptSchema.parse(JSON.parse(line)));
}

/**
 * Segments that hold the receipts of `before` and `added`, in this order. Small segments at the end are joined
 * with what is added, as log-structured merge trees do: a receipt is rewritten a logarithmic number of times.
 * Names carry `origin`: a collector leaves them alone until that is history.
 */
export async function appendReceipts(
  store: LedgerStore,
  before: readonly ReceiptSegment[],
  added: AsyncIterable<Receipt>,
  origin: SegmentOrigin,
): Promise<readonly ReceiptSegment[]> {
  const segments = [...before];
  let waiting: Receipt[] = [];
  for await (const receipt of added) {
    waiting.push(receipt);
    if (waiting.length >= mostReceipts) segments.push(await writeSegment(store, waiting.splice(0), origin));
  }
  if (waiting.length === 0) return segments;
  for (let last = segments.at(-1); last !== undefined; last = segments.at(-1)) {
    if (last.receipts > waiting.length || last.receipts + waiting.length > mostReceipts) break;
    waiting = [...(await readSegment(store, last)), ...waiting];
    segments.pop();
  }
  segments.push(await writeSegment(store, waiting, origin));
  return segments;
}

async function writeSegment(
  store: LedgerStore,
  receipts: readonly Receipt[],
  origin: SegmentOrigin,
): Promise<ReceiptSegment> {
  const content = await compress(Buffer.from(receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join("")));
  const name = `${segmentPrefix}${origin.of}-${String(origin.number).padStart(6, "0")}-${randomUUID()}.jsonl.zst`;
  await store.putIfAbsent(name, content);
  return { name, receipts: receipts.length, bytes: content.byteLength, sha256: sha256Of(content) };
}
