import type { ReadOptions } from "../storage.ts";
import type { RangeLength } from "./range-length.ts";
import { RangesAhead } from "./ranges-ahead.ts";
import type { GotBytes, S3Getter } from "./s3-get.ts";

const firstBytes = 1024 * 1024;

/**
 * The bytes of an object in pieces as the network gives them (512 KiB at most). The first 1 MiB is asked for alone and
 * tells version and size; what follows comes in ranges, several at a time where that is faster. At most
 * 25 MiB are held, in at most 34 MiB of memory and 0.6 MiB a connection. All of one version: an object that is replaced
 * meanwhile ends it with INPUT_CHANGED.
 */
export async function* streamObject(
  getter: S3Getter,
  rangeLength: RangeLength,
  uri: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const offset = options.range?.offset ?? 0;
  const wanted = options.range?.length ?? Number.POSITIVE_INFINITY;
  if (wanted <= 0) return;
  // Told to those that are on their way when the receiver wants no more.
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const length = Math.min(firstBytes, wanted);
  const first = await getter.get({ uri, offset, length, version: options.version, signal }, "pieces");
  if (first === undefined) return;
  const { version, total } = first;
  const ranges = new RangesAhead(
    (from, to, bytes) => getter.flow({ uri, offset: from, length: to - from, version, signal }, bytes),
    rangeLength,
    offset + lengthOf(first),
    Math.min(offset + wanted, total),
  );
  try {
    ranges.ask();
    yield* first.pieces;
    yield* ranges.pieces();
  } finally {
    stop.abort();
    ranges.discard();
    options.signal?.throwIfAborted();
  }
}

function lengthOf({ pieces }: GotBytes): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
