import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { abortUpload } from "./multipart-upload.ts";
import { removeObject } from "./s3-copy.ts";
import { hasStatus } from "./s3-errors.ts";
import { listPage } from "./s3-listing.ts";
import type { S3Session } from "./s3-session.ts";
import { folderPrefix, s3Location } from "./s3-uri.ts";

/**
 * Ends every upload that is under way below a folder and removes the hidden objects from which a copy was to be made,
 * those in hidden folders left out. Where uploads may not be listed they are left to the bucket's own rules.
 */
export async function removeUnfinished(session: S3Session, folder: string): Promise<void> {
  const { bucket, key } = s3Location(folder);
  const prefix = folderPrefix(key);
  await abortUploads(session, folder, bucket, prefix);
  for (const temporary of await temporaries(session, folder, bucket, prefix))
    await removeObject(session, `s3://${bucket}/${temporary}`);
}

async function abortUploads(session: S3Session, folder: string, bucket: string, prefix: string): Promise<void> {
  try {
    for (let marker = {}; ; ) {
      const page = await session.send("write", "listing unfinished uploads in", folder, (client, options) =>
        client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }), options),
      );
      for (const { Key, UploadId } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined || isInHiddenFolder(Key.slice(prefix.length))) continue;
        await abortUpload(session, `s3://${bucket}/${Key}`, UploadId);
      }
      if (page.IsTruncated !== true) return;
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  } catch (error) {
    // Nobody sees what stays, and a rule of the bucket can end uploads after some days.
    if (!hasStatus(error, 403) && !hasStatus(error, 501)) throw error;
  }
}

async function temporaries(
  session: S3Session,
  folder: string,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await listPage(session, folder, bucket, { prefix, ...(token === undefined ? {} : { token }) });
    for (const { Key = "" } of page.Contents ?? []) {
      const name = page.EncodingType === "url" ? decodeURIComponent(Key.replaceAll("+", " ")) : Key;
      const relative = name.slice(prefix.length);
      if (/(?:^|\/)\.[^/]+\.tmp$/.test(relative) && !isInHiddenFolder(relative)) found.push(name);
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return found;
}

function isInHiddenFolder(relative: string): boolean {
  return /(?:^|\/)\.[^/]*\//.test(relative);
}
