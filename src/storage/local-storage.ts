import { constants, type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { PipelineError } from "../model/errors.ts";
import { eachObject } from "./each-object.ts";
import { pathOnDisk } from "./file-name-bytes.ts";
import { isAbsent, localError, systemCode } from "./local-errors.ts";
import { listLocalFolder } from "./local-listing.ts";
import { createLocalObject, putLocalObject, putLocalObjectIfAbsent, syncFolder } from "./local-object-writer.ts";
import { localReadAtOnce } from "./local-read-at-once.ts";
import { freeLocalBytes } from "./local-space.ts";
import { statLocalObject } from "./local-stat.ts";
import { removeLocalTemporaries } from "./local-temporaries.ts";
import { versionOf } from "./local-version.ts";
import type { ReadOptions, Storage } from "./storage.ts";

/** Small enough to be garbage while it is young, where lines are cut from it. */
const chunkBytes = 128 * 1024;
/** Opening a pipe that has no writer would wait for ever. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Files of this machine; URIs are absolute paths. Creating makes missing folders. A version is size
 * and modification time in nanoseconds. A range that reaches past the end is cut there, as HTTP does.
 */
export const localStorage: Storage = {
  hasFolders: true,
  list: (folder, signal) => eachObject(listLocalFolder(folder, signal)),
  listPages: listLocalFolder,
  stat: statLocalObject,

  async isFolder(uri) {
    try {
      return (await stat(pathOnDisk(uri))).isDirectory();
    } catch (error) {
      if (isAbsent(error)) return false;
      throw localError(error, "read", "looking at", uri);
    }
  },

  freeBytes: freeLocalBytes,

  async read(uri, options = {}) {
    const { file, offset, length } = await openRange(uri, options);
    try {
      return await readExactly(file, uri, offset, length);
    } finally {
      await file.close();
    }
  },

  readAtOnce: localReadAtOnce,

  async *stream(uri, options = {}) {
    const { file, offset, length } = await openRange(uri, options);
    try {
      for (let done = 0; done < length; ) {
        options.signal?.throwIfAborted();
        const chunk = await readExactly(file, uri, offset + done, Math.min(chunkBytes, length - done));
        done += chunk.byteLength;
        yield chunk;
      }
    } finally {
      await file.close();
    }
  },

  removeTemporary: removeLocalTemporaries,
  create: createLocalObject,
  putIfAbsent: putLocalObjectIfAbsent,
  put: putLocalObject,

  async move(from, to) {
    try {
      await rename(pathOnDisk(from), pathOnDisk(to));
      await syncFolder(path.dirname(to));
      if (path.dirname(from) !== path.dirname(to)) await syncFolder(path.dirname(from));
    } catch (error) {
      if (systemCode(error) === "ENOENT") {
        throw new PipelineError("INPUT_NOT_FOUND", `moving ${JSON.stringify(from)} failed: nothing lies there`, {
          cause: error,
          details: { path: from, to },
        });
      }
      throw localError(error, "write", "moving to", to);
    }
  },

  async remove(uri) {
    try {
      await unlink(pathOnDisk(uri));
    } catch (error) {
      if (isAbsent(error)) return;
      throw localError(error, "write", "removing", uri);
    }
  },
};

interface OpenRange {
  readonly file: FileHandle;
  readonly offset: number;
  readonly length: number;
}

async function openRange(uri: string, options: ReadOptions): Promise<OpenRange> {
  options.signal?.throwIfAborted();
  let file: FileHandle | undefined;
  try {
    file = await open(pathOnDisk(uri), readFlags);
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) {
      throw new PipelineError("INPUT_UNREADABLE", `${JSON.stringify(uri)} is not a file`, { details: { path: uri } });
    }
    const version = versionOf(found);
    if (options.version !== undefined && options.version !== version) throw changed(uri, options.version, version);
    const size = Number(found.size);
    const offset = Math.min(options.range?.offset ?? 0, size);
    return { file, offset, length: Math.min(options.range?.length ?? size, size - offset) };
  } catch (error) {
    await file?.close();
    throw localError(error, "read", "reading", uri);
  }
}

async function readExactly(file: FileHandle, uri: string, offset: number, length: number): Promise<Uint8Array> {
  try {
    // Outside of Node's shared pool: what is kept of the file keeps nothing else alive.
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw changed(uri, `${offset + length} bytes`, `${offset + done} bytes`);
      done += bytesRead;
    }
    return bytes;
  } catch (error) {
    throw localError(error, "read", "reading", uri);
  }
}

function changed(uri: string, expected: string, received: string): PipelineError {
  return new PipelineError(
    "INPUT_CHANGED",
    `${JSON.stringify(uri)} changed: expected version ${expected}, found ${received}`,
    { details: { path: uri, expected, received } },
  );
}
