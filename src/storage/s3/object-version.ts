/**
 * The ETag; of an object that has none, as of files that were put under a server behind its back, its size and the
 * second of its last change.
 */
export function objectVersion(etag: string | undefined, bytes: number, modified: Date | undefined): string {
  if (etag !== undefined && etag !== "") return etag;
  return `${bytes} bytes of ${modified === undefined ? "an unknown time" : modified.toISOString().slice(0, 19)}`;
}

/** What a request may demand of the object: an ETag, and nothing when it has none. */
export function asEtag(version: string | undefined): string | undefined {
  return version?.startsWith('"') === true ? version : undefined;
}
