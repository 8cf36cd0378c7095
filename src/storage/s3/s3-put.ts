import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { StoredObject } from "../storage.ts";
import { waitToRetry } from "../wait-to-retry.ts";
import { objectVersion } from "./object-version.ts";
import { hasStatus } from "./s3-errors.ts";
import { listPage } from "./s3-listing.ts";
import type { S3Session } from "./s3-session.ts";
import { s3Location } from "./s3-uri.ts";

/**
 * What came of a write that was to create a name. `perhaps`: the name is taken, and an earlier attempt at the same
 * request got no answer, so it may be this very write that took it.
 */
export type Creation = "created" | "exists" | "perhaps";

/** Undefined when there is no such object. */
export async function statObject(session: S3Session, uri: string): Promise<StoredObject | undefined> {
  const { bucket, key } = s3Location(uri);
  if (key === "" || key.endsWith("/")) return undefined;
  try {
    const found = await session.send("read", "looking at", uri, (client, options) =>
      client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...reading(session) }), options),
    );
    const bytes = found.ContentLength ?? 0;
    return { uri, bytes, version: objectVersion(found.ETag, bytes, found.LastModified) };
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    // The answer to HEAD has no body that could say why: a listing is refused for the same reason, and says it.
    if (hasStatus(error, 403) || hasStatus(error, 400))
      await listPage(session, uri, bucket, { prefix: key, mostKeys: 1 });
    throw error;
  }
}

/** Creates or replaces an object in one request. */
export async function putObject(session: S3Session, uri: string, bytes: Uint8Array): Promise<void> {
  await put(session, uri, bytes, {});
}

/** Creates an object in one request, unless its name is taken. */
export async function createObject(session: S3Session, uri: string, bytes: Uint8Array): Promise<Creation> {
  return whileInConflict(session, () => put(session, uri, bytes, { IfNoneMatch: "*" }));
}

async function put(
  session: S3Session,
  uri: string,
  bytes: Uint8Array,
  condition: { IfNoneMatch?: string },
): Promise<void> {
  const { bucket, key } = s3Location(uri);
  await session.send(
    "write",
    "writing",
    uri,
    (client, options) =>
      client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...condition, ...writing(session) }),
        options,
      ),
    { bytes: bytes.byteLength },
  );
}

/**
 * Repeats a conditional write as long as the server says that another one is under way (409), of which only the next
 * try tells how it ended.
 */
export async function whileInConflict(session: S3Session, write: () => Promise<unknown>): Promise<Creation> {
  let isRepeated = false;
  for (let attempt = 1; ; attempt++) {
    try {
      await write();
      return "created";
    } catch (error) {
      const isGone = hasStatus(error, 404) && error.details.s3Code === "NoSuchUpload" && error.details.attempts !== 1;
      if (isGone) return "perhaps";
      if (hasStatus(error, 412)) return isRepeated || error.details.attempts !== 1 ? "perhaps" : "exists";
      if (!hasStatus(error, 409) || error.details.s3Code !== "ConditionalRequestConflict") throw error;
      if (attempt >= session.settings.attempts) throw error;
      isRepeated ||= error.details.attempts !== 1;
      await waitToRetry(attempt);
    }
  }
}

export function reading({ settings }: S3Session): { RequestPayer?: "requester" } {
  return settings.isRequesterPays ? { RequestPayer: "requester" } : {};
}

/** What every request that begins an object says. */
export function writing(session: S3Session) {
  const { encryption, encryptionKeyId } = session.settings;
  return {
    ...reading(session),
    ...(encryption === undefined ? {} : { ServerSideEncryption: encryption }),
    ...(encryptionKeyId === undefined ? {} : { SSEKMSKeyId: encryptionKeyId }),
  };
}
