import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { StoredObject } from "../storage.ts";
import { inCodeUnitOrder } from "./code-unit-order.ts";
import { objectVersion } from "./object-version.ts";
import type { S3Session } from "./s3-session.ts";
import { folderPrefix, s3Location } from "./s3-uri.ts";

interface ListedObject extends StoredObject {
  readonly key: string;
}

/**
 * Every object below a folder, by pages of 1,000, of which the next is on its way while one is consumed. Leaves out,
 * as a local folder does, what has a segment below the folder that begins with a dot; and keys that end in a slash,
 * which only mark folders. Nothing when no key begins so; INPUT_NOT_FOUND when there is no such bucket.
 */
export async function* listObjects(
  session: S3Session,
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<StoredObject> {
  for await (const { uri, bytes, version } of inCodeUnitOrder(visibleObjects(session, folder, signal)))
    yield { uri, bytes, version };
}

async function* visibleObjects(session: S3Session, folder: string, signal?: AbortSignal): AsyncGenerator<ListedObject> {
  const { bucket, key } = s3Location(folder);
  const prefix = folderPrefix(key);
  for await (const page of pages(session, folder, bucket, prefix, signal)) {
    const isEncoded = page.EncodingType === "url";
    for (const { Key, Size = 0, ETag, LastModified } of page.Contents ?? []) {
      if (Key === undefined) continue;
      const name = isEncoded ? decodeURIComponent(Key.replaceAll("+", " ")) : Key;
      const relative = name.slice(prefix.length);
      if (relative === "" || name.endsWith("/") || relative.startsWith(".") || relative.includes("/.")) continue;
      yield { key: name, uri: `s3://${bucket}/${name}`, bytes: Size, version: objectVersion(ETag, Size, LastModified) };
    }
  }
}

async function* pages(
  session: S3Session,
  folder: string,
  bucket: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const ask = (token: string | undefined) => {
    const page = listPage(session, folder, bucket, { prefix, signal, ...(token === undefined ? {} : { token }) });
    // Met where it is awaited; here it only must not count as unhandled.
    page.catch(() => undefined);
    return page;
  };
  let next: Promise<ListObjectsV2CommandOutput> | undefined = ask(undefined);
  while (next !== undefined) {
    const page: ListObjectsV2CommandOutput = await next;
    const token: string | undefined = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    next = token === undefined ? undefined : ask(token);
    yield page;
  }
}

interface PageRequest {
  readonly prefix: string;
  readonly token?: string;
  readonly mostKeys?: number;
  readonly signal?: AbortSignal | undefined;
}

/** One page of a listing, with keys percent-encoded where the server can: not all of them fit into XML. */
export function listPage(
  session: S3Session,
  uri: string,
  bucket: string,
  { prefix, token, mostKeys, signal }: PageRequest,
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
          ...(mostKeys === undefined ? {} : { MaxKeys: mostKeys }),
          ...(session.settings.isRequesterPays ? { RequestPayer: "requester" } : {}),
        }),
        options,
      ),
    { signal },
  );
}
