import type { ReadOptions } from "../storage.ts";
import { FlowingBytes } from "./flowing-bytes.ts";
import type { RangeLength } from "./range-length.ts";
import { mostHeldOfRange, RangesAhead } from "./ranges-ahead.ts";
import type { GetRequest } from "./s3-answer.ts";
import type { GotBytes, S3Getter } from "./s3-get.ts";

const firstBytes = 1024 * 1024;

/**
 * The bytes of an object in pieces as the network gives them (1 MiB at most). The first 1 MiB is asked for alone and
 * tells version and size; what follows comes in ranges, several at a time where that is faster; where connections were
 * fast before, a whole object comes in one request. At most 25 MiB are held, in at most 34 MiB of memory and 1.1 MiB a
 * connection. All of one version: an object that is replaced meanwhile ends it with INPUT_CHANGED.
 */
export async function* streamObject(
  getter: S3Getter,
  rangeLength: RangeLength,
  uri: string,
  { range, version, signal: given }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const offset = range?.offset ?? 0;
  const length = range?.length;
  if (length !== undefined && length <= 0) return;
  // Told to those that are on their way when the receiver wants no more.
  const stop = new AbortController();
  const signal = given === undefined ? stop.signal : AbortSignal.any([given, stop.signal]);
  const request = { uri, offset, length, version, signal };
  try {
    if (range === undefined && rangeLength.isWhole) yield* wholeObject(getter, rangeLength, request);
    else yield* inRanges(getter, rangeLength, request);
  } finally {
    stop.abort();
    given?.throwIfAborted();
  }
}

/** In one request, of which at most 8 MiB are held. */
async function* wholeObject(
  getter: S3Getter,
  rangeLength: RangeLength,
  request: GetRequest,
): AsyncGenerator<Uint8Array> {
  const bytes = new FlowingBytes(mostHeldOfRange);
  const began = performance.now();
  void getter.flow(request, bytes);
  try {
    yield* bytes;
    // A small one tells how long a request takes, and nothing of what a connection carries.
    if (bytes.received >= mostHeldOfRange) rangeLength.learn(bytes.received, performance.now() - began);
  } finally {
    bytes.discard();
  }
}

async function* inRanges(
  getter: S3Getter,
  rangeLength: RangeLength,
  { offset, length: wanted = Number.POSITIVE_INFINITY, ...request }: GetRequest,
): AsyncGenerator<Uint8Array> {
  const first = await getter.get({ ...request, offset, length: Math.min(firstBytes, wanted) }, "pieces");
  if (first === undefined) return;
  const { version, total } = first;
  const ranges = new RangesAhead(
    (from, to, bytes) => getter.flow({ ...request, offset: from, length: to - from, version }, bytes),
    rangeLength,
    offset + lengthOf(first),
    Math.min(offset + wanted, total),
  );
  try {
    ranges.ask();
    yield* first.pieces;
    yield* ranges.pieces();
  } finally {
    ranges.discard();
  }
}

function lengthOf({ pieces }: GotBytes): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
