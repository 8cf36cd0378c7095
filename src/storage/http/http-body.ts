import { messageOf, PipelineError } from "../../model/errors.ts";
import type { ReadOptions } from "../storage.ts";
import { shownUri } from "../uri.ts";
import { waitToRetry } from "../wait-to-retry.ts";
import { failed, type HttpAnswer, type HttpClient, unreadable } from "./http-client.ts";

const pieceBytes = 1024 * 1024;
const mostCuts = 8;
const enoughProgressBytes = 64 * 1024;

/**
 * The bytes of a range, in pieces of at most 1 MiB. A body that is cut is continued where it ended, as the same
 * version; where the server knows no ranges, by reading it from its beginning again.
 */
export async function* httpBytes(
  client: HttpClient,
  uri: string,
  { range, version, signal }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const start = range?.offset ?? 0;
  const end = start + (range?.length ?? Number.POSITIVE_INFINITY);
  let at = start;
  let known = version;
  for (let cuts = 0; ; cuts++) {
    const asked = at > 0 || range !== undefined ? { range: `bytes=${at}-${Number.isFinite(end) ? end - 1 : ""}` } : {};
    const condition = known?.startsWith('"') === true ? { "if-match": known } : {};
    const answer = await client.request({ method: "GET", uri, headers: { ...asked, ...condition }, signal });
    if (answer.status === 416 && at === start) return answer.body.dump();
    if (answer.status !== 200 && answer.status !== 206) throw await refusal(answer, uri, known);
    const { first, total } = extentOf(answer, at, uri);
    const found = versionOf(answer, total);
    if (known !== undefined && known !== found) {
      answer.discard();
      throw changed(uri, known, found);
    }
    known = found;
    const last = Math.min(end, total);
    const before = at;
    try {
      let position = first;
      for await (const chunk of answer.body) {
        const bytes: Uint8Array = chunk;
        const wanted = bytes.subarray(Math.max(0, at - position), Math.max(0, last - position));
        position += bytes.byteLength;
        at += wanted.byteLength;
        for (let from = 0; from < wanted.byteLength; from += pieceBytes)
          yield Buffer.from(wanted.subarray(from, from + pieceBytes));
        if (at >= last) return;
      }
      if (at >= last) return;
    } catch (error) {
      signal?.throwIfAborted();
      if (at - before >= enoughProgressBytes) cuts = 0;
      if (cuts >= mostCuts) throw failed(uri, `the body is cut again and again: ${messageOf(error)}`);
    } finally {
      answer.discard();
    }
    if (cuts >= mostCuts) throw failed(uri, `the body ends at byte ${at}, expected ${last}`);
    await waitToRetry(cuts + 1, signal);
  }
}

/** Where the body begins in the object, and the object's size. Rejects when the server does not tell. */
export function extentOf(
  answer: HttpAnswer,
  at: number,
  uri: string,
): { readonly first: number; readonly total: number } {
  const length = Number(answer.header("content-length") ?? Number.NaN);
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.header("content-range") ?? "");
  const [first, total] = range === null ? [0, length] : [Number(range[1]), Number(range[3])];
  const isWhole = answer.status === 200 || first === at;
  if (isWhole && Number.isSafeInteger(total)) return { first, total };
  answer.discard();
  throw unreadable(uri, "the server does not tell the size of what it sends");
}

/** ETag, else when it was changed last and its size. */
export function versionOf(answer: HttpAnswer, total: number): string {
  const modified = answer.header("last-modified");
  return answer.header("etag") ?? (modified === undefined ? `${total} bytes` : `${total} bytes of ${modified}`);
}

/** What an answer means that is neither what was asked for nor worth a second try. */
export async function refusal(answer: HttpAnswer, uri: string, version: string | undefined): Promise<PipelineError> {
  await answer.body.dump();
  const { status } = answer;
  if (status === 404 || status === 410)
    return new PipelineError(
      "INPUT_NOT_FOUND",
      `${JSON.stringify(shownUri(uri))} does not exist: the server answers ${status}`,
      {
        details: { path: shownUri(uri) },
      },
    );
  if (status === 412 || status === 416) return changed(uri, version ?? "the first answer's", "another version");
  return unreadable(
    uri,
    `the server answers ${status}${status === 401 || status === 403 ? ", it may not be read" : ""}`,
  );
}

export function changed(uri: string, expected: string, received: string): PipelineError {
  const path = shownUri(uri);
  return new PipelineError(
    "INPUT_CHANGED",
    `${JSON.stringify(path)} changed: expected version ${expected}, found ${received}`,
    {
      details: { path, expected, received },
    },
  );
}
