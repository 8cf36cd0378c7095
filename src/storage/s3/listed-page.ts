import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { StoredObject } from "../storage.ts";
import { objectVersion } from "./object-version.ts";

export interface ListedObject extends StoredObject {
  readonly key: string;
}

/** Where to go on in a listing: with what the server said, or behind a key. */
export type PagePlace = { readonly token?: string } | { readonly after: string };

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** The first key and the last one; undefined of a page without any. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** What tells the server to go on; undefined at the end. */
  readonly token: string | undefined;
}

/** Leaves out keys that end in a slash, which only mark folders, and what has a segment that begins with a dot. */
export function listedPage(page: ListObjectsV2CommandOutput, bucket: string, prefix: string): ListedPage {
  const objects: ListedObject[] = [];
  const keys = page.Contents ?? [];
  for (const { Key, Size = 0, ETag, LastModified } of keys) {
    if (Key === undefined) continue;
    const key = decoded(page, Key);
    const relative = key.slice(prefix.length);
    if (relative === "" || key.endsWith("/") || relative.startsWith(".") || relative.includes("/.")) continue;
    objects.push({ key, uri: `s3://${bucket}/${key}`, bytes: Size, version: objectVersion(ETag, Size, LastModified) });
  }
  const [first, last] = [keys[0]?.Key, keys.at(-1)?.Key];
  return {
    objects,
    first: first === undefined ? undefined : decoded(page, first),
    last: last === undefined ? undefined : decoded(page, last),
    token: page.IsTruncated === true ? page.NextContinuationToken : undefined,
  };
}

/** What the keys in folders below a prefix begin with, in the server's order. */
export function foldersOf(page: ListObjectsV2CommandOutput): readonly string[] {
  return (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [decoded(page, Prefix)]));
}

function decoded(page: ListObjectsV2CommandOutput, text: string): string {
  return page.EncodingType === "url" ? decodeURIComponent(text.replaceAll("+", " ")) : text;
}

/** Whether one key comes before another where S3 lists them: by their UTF-8 bytes. */
export function isBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}
