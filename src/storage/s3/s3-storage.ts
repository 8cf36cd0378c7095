import { asPipelineError, PipelineError } from "../../model/errors.ts";
import { eachObject } from "../each-object.ts";
import type { ReadOptions, Storage } from "../storage.ts";
import { RangeLength } from "./range-length.ts";
import { moveObject, removeObject } from "./s3-copy.ts";
import { changed, S3Getter } from "./s3-get.ts";
import { listObjects, listPage } from "./s3-listing.ts";
import { S3ObjectWriter } from "./s3-object-writer.ts";
import { createObject, putObject, statObject } from "./s3-put.ts";
import { S3Session } from "./s3-session.ts";
import type { S3Settings } from "./s3-settings.ts";
import { streamObject } from "./s3-stream.ts";
import { removeUnfinished } from "./s3-temporaries.ts";
import { folderPrefix, s3Location } from "./s3-uri.ts";

/**
 * Objects of S3 and of what speaks its protocol; URIs are `s3://bucket/key`, the key as it is, without escapes. A
 * version is an ETag. Folders are what keys begin with, and exist as long as a key does.
 */
export function createS3Storage(settings: S3Settings): Storage {
  const session = new S3Session(settings);
  const getter = new S3Getter(session);
  const rangeLength = new RangeLength();

  const read = async (uri: string, { range, version, signal }: ReadOptions = {}): Promise<Uint8Array> => {
    if (range?.length === 0) return readNothing(uri, version);
    const got = await getter.get({ uri, offset: range?.offset ?? 0, length: range?.length, version, signal }, "whole");
    return got?.pieces[0] ?? new Uint8Array(0);
  };

  /** No range of HTTP is empty, but that the object is there and is that version is promised here too. */
  const readNothing = async (uri: string, version: string | undefined): Promise<Uint8Array> => {
    const found = await statObject(session, uri);
    if (found === undefined)
      throw new PipelineError("INPUT_NOT_FOUND", `reading ${JSON.stringify(uri)} failed: there is no such object`, {
        details: { path: uri },
      });
    if (version !== undefined && version !== found.version) throw changed(uri, version, found.version);
    return new Uint8Array(0);
  };

  return {
    hasFolders: false,
    list: (folder, signal) => eachObject(listObjects(session, folder, signal)),
    listPages: (folder, signal) => listObjects(session, folder, signal),
    stat: (uri) => statObject(session, uri),

    async isFolder(uri) {
      const { bucket, key } = s3Location(uri);
      const prefix = folderPrefix(key);
      const page = await listPage(session, uri, bucket, { prefix, mostKeys: 1 });
      // A bucket that holds nothing is there nevertheless.
      return prefix === "" || (page.Contents ?? []).length > 0;
    },

    freeBytes: async () => undefined,
    connect: (uri) => session.connect(s3Location(uri).bucket),
    read,

    async *stream(uri, options = {}) {
      if (options.range?.length === 0) await readNothing(uri, options.version);
      else yield* streamObject(getter, rangeLength, uri, options);
    },

    create: async (uri, scope) => new S3ObjectWriter(session, uri, scope),

    async putIfAbsent(uri, bytes) {
      const creation = await createObject(session, uri, bytes);
      if (creation !== "perhaps") return creation === "created";
      // No answer came to a request that was sent twice. What has just these bytes is what it wrote.
      try {
        return Buffer.from(await read(uri)).equals(bytes);
      } catch (error) {
        const failure = asPipelineError(error, "STORAGE_FAILED", "reading back what was written");
        // Whoever took the name has moved it on since: it was taken when it counted.
        if (failure.code === "INPUT_NOT_FOUND") return false;
        throw failure;
      }
    },

    put: (uri, bytes) => putObject(session, uri, bytes),
    move: (from, to) => moveObject(session, from, to),
    remove: (uri) => removeObject(session, uri),
    removeTemporary: (folder) => removeUnfinished(session, folder),
  };
}
