import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { PipelineError } from "../model/errors.ts";
import { pathOnDisk } from "./file-name-bytes.ts";
import { isAbsent, localError, systemCode } from "./local-errors.ts";
import { temporaryName } from "./local-temporaries.ts";
import type { ObjectWriter } from "./storage.ts";
import { SyncedFile } from "./synced-file.ts";

const mostWrites = 5;

/**
 * Begins a file under a hidden temporary name, `.<name>.<scope>.tmp`, in the folder of `target`,
 * which is made when it is missing. A process that is killed leaves at most that temporary file.
 */
export async function createLocalObject(target: string, scope: string): Promise<ObjectWriter> {
  const temporary = path.join(path.dirname(target), temporaryName(path.basename(target), scope));
  try {
    const file = await openMakingFolder(temporary);
    return localObjectWriter(file, temporary, target);
  } catch (error) {
    throw localError(error, "write", "creating", target);
  }
}

/** Atomic and durable: link(2) of a synced temporary file, then a sync of the folder. An empty object leaves no temporary file, wherever it is interrupted. */
export async function putLocalObjectIfAbsent(target: string, bytes: Uint8Array): Promise<boolean> {
  if (bytes.byteLength === 0) return putEmptyIfAbsent(target);
  return againWhereLost(async () => {
    const writer = await createLocalObject(target, randomUUID());
    try {
      await writer.write(bytes);
      return (await writer.commit()) === "created";
    } finally {
      await writer.abort();
    }
  });
}

/**
 * Writes anew what lost its temporary file on the way: of a process that slept long, others take it for what a dead one
 * has left, and remove it.
 */
async function againWhereLost<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === mostWrites || !(error instanceof Error) || systemCode(error.cause) !== "ENOENT") throw error;
    }
  }
}

/** What has no bytes is whole as soon as it has its name. */
async function putEmptyIfAbsent(target: string): Promise<boolean> {
  try {
    const file = await openMakingFolder(target);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(path.dirname(target));
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw localError(error, "write", "creating", target);
  }
}

/** Atomic and durable: rename(2) of a synced temporary file, then a sync of the folder. */
export function putLocalObject(target: string, bytes: Uint8Array): Promise<void> {
  return againWhereLost(() => replaceLocalObject(target, bytes));
}

async function replaceLocalObject(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(target), temporaryName(path.basename(target), randomUUID()));
  try {
    const file = await openMakingFolder(temporary);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(pathOnDisk(temporary), pathOnDisk(target));
    await syncFolder(path.dirname(target));
  } catch (error) {
    // What cannot be removed stays as a hidden temporary file, which the collector of orphans removes.
    await unlink(pathOnDisk(temporary)).catch(() => undefined);
    throw localError(error, "write", "writing", target);
  }
}

/** Makes renames, links and removals in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(pathOnDisk(folder), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openMakingFolder(file: string): Promise<FileHandle> {
  try {
    return await open(pathOnDisk(file), "wx");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  await makeFolder(path.dirname(file));
  return open(pathOnDisk(file), "wx");
}

/** Makes a folder and those above it, durably. */
async function makeFolder(folder: string): Promise<void> {
  // One by one: of a read-only file system Node's recursive form says only that there is no such folder.
  try {
    await mkdir(pathOnDisk(folder));
  } catch (error) {
    if (systemCode(error) === "EEXIST") return;
    if (systemCode(error) !== "ENOENT" || path.dirname(folder) === folder) throw error;
    await makeFolder(path.dirname(folder));
    return makeFolder(folder);
  }
  await syncFolder(path.dirname(folder));
}

function localObjectWriter(handle: FileHandle, temporary: string, target: string): ObjectWriter {
  const file = new SyncedFile(handle);

  const publish = async (as: string): Promise<"created" | "exists"> => {
    try {
      await file.sync();
      if (!(await linkIfAbsent(temporary, as))) return "exists";
      await file.close();
      await unlink(pathOnDisk(temporary)).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
      await syncFolder(path.dirname(as));
      return "created";
    } catch (error) {
      throw localError(error, "write", "publishing", as);
    }
  };

  return {
    get bytes() {
      return file.bytes;
    },
    async write(chunk) {
      try {
        await file.write(chunk);
      } catch (error) {
        throw localError(error, "write", "writing", target);
      }
    },
    commit: () => publish(target),
    commitAs: (as) => {
      if (path.dirname(as) === path.dirname(target)) return publish(as);
      throw new PipelineError("STORAGE_FAILED", `expected a name in the folder of ${target}, received ${as}`);
    },
    async abort() {
      try {
        await file.close();
        await unlink(pathOnDisk(temporary));
      } catch {
        // Already published, or the disk is gone: a hidden temporary file at most stays behind,
        // and the collector of orphans removes it.
      }
    },
  };
}

/** False when `target` is taken by another file. */
async function linkIfAbsent(temporary: string, target: string): Promise<boolean> {
  try {
    await link(pathOnDisk(temporary), pathOnDisk(target));
    return true;
  } catch (error) {
    const code = systemCode(error);
    // Over NFS the reply to a link that succeeded can be lost: the retry then says EEXIST of our own file.
    if (code === "EEXIST") return isSameFile(temporary, target);
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw error;
    throw new PipelineError(
      "OUTPUT_UNWRITABLE",
      `publishing ${JSON.stringify(target)} failed: the file system has no hard links, which atomic writes need; choose an output folder on another file system`,
      { cause: error, details: { path: target, systemCode: code } },
    );
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([
      stat(pathOnDisk(one), { bigint: true }),
      stat(pathOnDisk(other), { bigint: true }),
    ]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch (error) {
    // Whoever took the name has moved it on since: it was taken when it counted.
    if (isAbsent(error)) return false;
    throw error;
  }
}
