import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { PipelineError } from "../../model/errors.ts";
import { type Creation, whileInConflict, writing } from "./s3-put.ts";
import type { S3Session } from "./s3-session.ts";
import { s3Location } from "./s3-uri.ts";

/** An object on its way in parts: nobody sees it before it is complete. */
export class MultipartUpload {
  readonly #session: S3Session;
  readonly #uri: string;
  readonly id: string;
  readonly #parts: CompletedPart[] = [];

  private constructor(session: S3Session, uri: string, id: string) {
    this.#session = session;
    this.#uri = uri;
    this.id = id;
  }

  /** `checksum`: parts come with sums of their own, which hold for the way through the network. Copied ones have none. */
  static async begin(session: S3Session, uri: string, checksum?: "CRC32"): Promise<MultipartUpload> {
    const { bucket, key } = s3Location(uri);
    const { UploadId: id } = await session.send("write", "writing", uri, (client, options) =>
      client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum }),
          ...writing(session),
        }),
        options,
      ),
    );
    if (id !== undefined) return new MultipartUpload(session, uri, id);
    throw new PipelineError(
      "STORAGE_FAILED",
      `writing ${JSON.stringify(uri)} failed: the server began an upload without an id`,
    );
  }

  /** Of the parts that are there, in order. */
  get etags(): readonly string[] {
    return this.#inOrder().map(({ ETag }) => ETag ?? "");
  }

  /** Parts may go side by side; numbers begin at 1. */
  async upload(number: number, bytes: Uint8Array): Promise<void> {
    const { bucket, key } = s3Location(this.#uri);
    const part = await this.#session.send(
      "write",
      "writing",
      this.#uri,
      (client, options) =>
        client.send(
          new UploadPartCommand({ Bucket: bucket, Key: key, UploadId: this.id, PartNumber: number, Body: bytes }),
          options,
        ),
      { bytes: bytes.byteLength },
    );
    this.#add(number, part.ETag, part.ChecksumCRC32);
  }

  /** Says that the server has the part, as a copy. */
  addCopied(number: number, etag: string | undefined): void {
    this.#add(number, etag, undefined);
  }

  #add(number: number, etag: string | undefined, checksum: string | undefined): void {
    this.#parts.push({
      PartNumber: number,
      ...(etag === undefined ? {} : { ETag: etag }),
      ...(checksum === undefined ? {} : { ChecksumCRC32: checksum }),
    });
  }

  /** Makes the object appear. When the name is taken it stays open. */
  async complete(how: "create" | "replace"): Promise<Creation> {
    const { bucket, key } = s3Location(this.#uri);
    const Parts = this.#inOrder();
    return whileInConflict(this.#session, () =>
      this.#session.send("write", "publishing", this.#uri, (client, options) =>
        client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: this.id,
            MultipartUpload: { Parts },
            ...(how === "create" ? { IfNoneMatch: "*" } : {}),
          }),
          // The server puts the parts together before it answers.
          { ...options, requestTimeout: Math.max(options.requestTimeout, 300_000) },
        ),
      ),
    );
  }

  #inOrder(): CompletedPart[] {
    return this.#parts.toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
  }

  /** Never throws: what stays behind is invisible, and `removeTemporary` collects it. */
  async abort(): Promise<void> {
    await abortUpload(this.#session, this.#uri, this.id).catch(() => undefined);
  }
}

/** Fine when the upload is complete or gone. */
export async function abortUpload(session: S3Session, uri: string, id: string): Promise<void> {
  const { bucket, key } = s3Location(uri);
  await session.send("write", "removing unfinished parts of", uri, (client, options) =>
    client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id }), options),
  );
}
