import { CopyObjectCommand, DeleteObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { PipelineError } from "../../model/errors.ts";
import { MultipartUpload } from "./multipart-upload.ts";
import { asEtag } from "./object-version.ts";
import { type Creation, statObject, writing } from "./s3-put.ts";
import type { S3Session } from "./s3-session.ts";
import { encodedKey, s3Location } from "./s3-uri.ts";

/** The most that one request copies. */
const mostBytesAtOnce = 5 * 2 ** 30;
const copiedPartBytes = 2 ** 30;

/** Gives an object another name, replacing what has it. The copy is whole before the old name goes. */
export async function moveObject(session: S3Session, from: string, to: string): Promise<void> {
  const found = await statObject(session, from);
  if (found === undefined) {
    throw new PipelineError("INPUT_NOT_FOUND", `moving ${JSON.stringify(from)} failed: nothing lies there`, {
      details: { path: from, to },
    });
  }
  if (found.bytes > mostBytesAtOnce) await copyInParts(session, found, to, "replace");
  else {
    const [source, target] = [s3Location(from), s3Location(to)];
    await session.send("write", "copying to", to, (client, options) =>
      client.send(
        new CopyObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          CopySource: `${source.bucket}/${encodedKey(source.key)}`,
          ...sourceIs(found.version),
          ...writing(session),
        }),
        { ...options, requestTimeout: session.milliseconds(found.bytes) },
      ),
    );
  }
  await removeObject(session, from);
}

/**
 * Copies on the server, part by part, because the end of a multipart upload honours `If-None-Match` on every server
 * that honours it at all, and the copy of an object does not.
 */
export async function copyInParts(
  session: S3Session,
  from: { readonly uri: string; readonly bytes: number; readonly version: string },
  to: string,
  how: "create" | "replace",
): Promise<Creation> {
  const source = s3Location(from.uri);
  const { bucket, key } = s3Location(to);
  const upload = await MultipartUpload.begin(session, to);
  try {
    for (let start = 0, number = 1; start < from.bytes; start += copiedPartBytes, number++) {
      const end = Math.min(from.bytes, start + copiedPartBytes);
      const copied = await session.send(
        "write",
        "copying to",
        to,
        (client, options) =>
          client.send(
            new UploadPartCopyCommand({
              Bucket: bucket,
              Key: key,
              UploadId: upload.id,
              PartNumber: number,
              CopySource: `${source.bucket}/${encodedKey(source.key)}`,
              CopySourceRange: `bytes=${start}-${end - 1}`,
              ...sourceIs(from.version),
            }),
            options,
          ),
        { bytes: end - start },
      );
      upload.addCopied(number, copied.CopyPartResult?.ETag);
    }
    const creation = await upload.complete(how);
    if (creation !== "created") await upload.abort();
    return creation;
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

function sourceIs(version: string): { CopySourceIfMatch?: string } {
  const etag = asEtag(version);
  return etag === undefined ? {} : { CopySourceIfMatch: etag };
}

/** Fine when there is none. */
export async function removeObject(session: S3Session, uri: string): Promise<void> {
  const { bucket, key } = s3Location(uri);
  await session.send("write", "removing", uri, (client, options) =>
    client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), options),
  );
}
