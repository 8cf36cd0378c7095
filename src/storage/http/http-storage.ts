import { PipelineError } from "../../model/errors.ts";
import { eachObject } from "../each-object.ts";
import type { ReadOptions, Storage, StoredObject } from "../storage.ts";
import { shownUri } from "../uri.ts";
import { changed, extentOf, httpBytes, refusal, versionOf } from "./http-body.ts";
import { HttpClient, unreadable } from "./http-client.ts";
import type { HttpSettings } from "./http-settings.ts";

/**
 * Single objects behind web addresses, to read only. A version is the ETag, or the size and the time of the last
 * change. There are no folders: listing a web address gives what lies there, if it does.
 */
export function createHttpStorage(settings: HttpSettings): Storage {
  const client = new HttpClient(settings);

  const stat = async (uri: string): Promise<StoredObject | undefined> => {
    let answer = await client.request({ method: "HEAD", uri, headers: {}, signal: undefined });
    const isUnusable = [403, 405, 501].includes(answer.status) || answer.header("content-length") === undefined;
    if (isUnusable && answer.status !== 404) {
      // Some servers answer HEAD not at all or without the size, and signed addresses are signed for GET.
      await answer.body.dump();
      answer = await client.request({ method: "GET", uri, headers: { range: "bytes=0-0" }, signal: undefined });
    }
    if (answer.status === 404 || answer.status === 410) {
      await answer.body.dump();
      return undefined;
    }
    if (answer.status !== 200 && answer.status !== 206) {
      if (answer.status !== 416) throw await refusal(answer, uri, undefined);
      answer.discard();
      return { uri, bytes: 0, version: versionOf(answer, 0) };
    }
    const { total } = extentOf(answer, 0, uri);
    answer.discard();
    if (total > settings.maxBytes)
      throw unreadable(uri, `it has ${total} bytes, expected at most ${settings.maxBytes} (PIPELINE_HTTP_MAX_BYTES)`);
    return { uri, bytes: total, version: versionOf(answer, total) };
  };

  async function* stream(uri: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted();
    if (options.range?.length !== 0) {
      yield* httpBytes(client, uri, options);
      return;
    }
    const found = await stat(uri);
    if (found === undefined)
      throw new PipelineError("INPUT_NOT_FOUND", `${JSON.stringify(shownUri(uri))} does not exist`, {
        details: { path: shownUri(uri) },
      });
    if (options.version !== undefined && options.version !== found.version)
      throw changed(uri, options.version, found.version);
  }

  async function* listPages(uri: string): AsyncGenerator<readonly StoredObject[]> {
    const found = await stat(uri);
    if (found !== undefined) yield [found];
  }

  return {
    hasFolders: false,
    list: (uri) => eachObject(listPages(uri)),
    listPages,
    stat,
    isFolder: async () => false,
    freeBytes: async () => undefined,
    async read(uri, options) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of stream(uri, options)) {
        bytes += piece.byteLength;
        if (bytes > settings.maxBytes)
          throw unreadable(uri, `it has more than ${settings.maxBytes} bytes (PIPELINE_HTTP_MAX_BYTES)`);
        pieces.push(piece);
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, bytes);
    },
    stream,
    create: (uri) => readOnly(uri),
    putIfAbsent: (uri) => readOnly(uri),
    put: (uri) => readOnly(uri),
    move: (_from, to) => readOnly(to),
    // Nothing was written, so nothing is left.
    remove: async () => undefined,
    removeTemporary: async () => undefined,
  };
}

function readOnly(uri: string): Promise<never> {
  return Promise.reject(
    new PipelineError(
      "OUTPUT_UNWRITABLE",
      `${JSON.stringify(shownUri(uri))} is a web address: it can be read, not written`,
      {
        details: { path: shownUri(uri) },
      },
    ),
  );
}
