import type { ReadOptions } from "../storage.ts";
import { changed, type GotBytes, type S3Getter } from "./s3-get.ts";

const firstWindowBytes = 1024 * 1024;
const windowBytes = 4 * 1024 * 1024;
const windowsAhead = 4;

/**
 * The bytes of an object in pieces as the network gives them (64 KiB at most), asked for in windows of 4 MiB, of which
 * four are on their way while one is consumed: never more than 20 MiB are held. All of one version: an object that is
 * replaced meanwhile ends it with INPUT_CHANGED.
 */
export async function* streamObject(getter: S3Getter, uri: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
  const start = options.range?.offset ?? 0;
  const end = start + (options.range?.length ?? Number.POSITIVE_INFINITY);
  if (end <= start) return;
  // Told to those that are on their way when the receiver wants no more.
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const ask = (from: number, to: number, version: string | undefined) =>
    getter.get({ uri, offset: from, length: to - from, version, signal, as: "pieces" });
  const first = await ask(start, Math.min(end, start + firstWindowBytes), options.version);
  if (first === undefined) return;
  const { version } = first;
  const last = Math.min(end, first.total);
  const underWay: Promise<GotBytes | undefined>[] = [];
  let next = start + lengthOf(first);
  const askAhead = () => {
    while (underWay.length < windowsAhead && next < last) {
      const to = Math.min(last, next + windowBytes);
      const window = ask(next, to, version);
      // Met where it is awaited; here it only must not count as unhandled.
      window.catch(() => undefined);
      underWay.push(window);
      next = to;
    }
  };
  try {
    askAhead();
    yield* first.pieces;
    for (let window = underWay.shift(); window !== undefined; window = underWay.shift()) {
      askAhead();
      const got = await window;
      if (got === undefined) throw changed(uri, version, "a shorter object");
      yield* got.pieces;
    }
  } finally {
    stop.abort();
    options.signal?.throwIfAborted();
  }
}

function lengthOf({ pieces }: GotBytes): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
