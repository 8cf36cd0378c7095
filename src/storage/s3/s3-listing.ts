import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { StoredObject } from "../storage.ts";
import { inCodeUnitOrder } from "./code-unit-order.ts";
import { foldersOf, type ListedObject, listedPage, type PagePlace } from "./listed-page.ts";
import { listedPages } from "./listed-pages.ts";
import type { S3Session } from "./s3-session.ts";
import { folderPrefix, s3Location } from "./s3-uri.ts";

/** Enough for many stretches, and little beside a page where keys come instead. */
const mostFolders = 200;

/**
 * Every object below a folder, by pages of 1,000, of which the next is on its way while one is consumed, and several
 * stretches of folders where there are many: at most 48 pages are held. Leaves out, as a local folder does, what has a
 * segment below the folder that begins with a dot; and keys that end in a slash, which only mark folders. Nothing when
 * no key begins so; INPUT_NOT_FOUND when there is no such bucket.
 */
export async function* listObjects(
  session: S3Session,
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly StoredObject[]> {
  // Told to those that are on their way when the receiver wants no more.
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  try {
    for await (const page of inCodeUnitOrder(visibleObjects(session, folder, either)))
      yield page.map(({ uri, bytes, version }) => ({ uri, bytes, version }));
  } finally {
    stop.abort();
  }
}

async function* visibleObjects(
  session: S3Session,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedObject[]> {
  const { bucket, key } = s3Location(folder);
  const prefix = folderPrefix(key);
  const pageAt = async (place: PagePlace) =>
    listedPage(await listPage(session, folder, bucket, { prefix, signal, ...place }), bucket, prefix);
  const foldersIn = async (inFolder: string, after: string) =>
    foldersOf(
      await listPage(session, folder, bucket, {
        prefix: inFolder,
        after,
        isShallow: true,
        mostKeys: mostFolders,
        signal,
      }),
    );
  const pages = listedPages({
    page: (place) => {
      const page = pageAt(place);
      // Met where it is awaited; until then it must not count as unhandled.
      page.catch(() => undefined);
      return page;
    },
    // A policy may allow the one prefix only. What keeps others from being listed too, their pages tell.
    folders: (inFolder, after) => foldersIn(inFolder, after).catch(() => []),
  });
  for await (const { objects } of pages) yield objects;
}

interface PageRequest {
  readonly prefix: string;
  readonly token?: string;
  /** Begins behind this key. */
  readonly after?: string;
  /** Keys that have a slash behind the prefix only by what they have up to there. */
  readonly isShallow?: boolean;
  readonly mostKeys?: number;
  readonly signal?: AbortSignal | undefined;
}

/** One page of a listing, with keys percent-encoded where the server can: not all of them fit into XML. */
export function listPage(
  session: S3Session,
  uri: string,
  bucket: string,
  { prefix, token, after, isShallow, mostKeys, signal }: PageRequest,
): Promise<ListObjectsV2CommandOutput> {
  return session.send(
    "read",
    "listing",
    uri,
    (client, options) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          EncodingType: "url",
          ...(token === undefined ? {} : { ContinuationToken: token }),
          ...(after === undefined ? {} : { StartAfter: after }),
          ...(isShallow === true ? { Delimiter: "/" } : {}),
          ...(mostKeys === undefined ? {} : { MaxKeys: mostKeys }),
          ...(session.settings.isRequesterPays ? { RequestPayer: "requester" } : {}),
        }),
        options,
      ),
    { signal },
  );
}
