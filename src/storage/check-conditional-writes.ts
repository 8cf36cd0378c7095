import { randomUUID } from "node:crypto";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import type { Storage } from "./storage.ts";
import { joinUri } from "./uri.ts";

/**
 * Proves with one object in `folder` that objects can be written there, and that of two writers exactly the first
 * creates a name; leaves nothing behind. Rejects with CONDITIONAL_WRITES_IGNORED where the second writer
 * succeeds too, or with the storage's own error (OUTPUT_UNWRITABLE, STORAGE_FULL).
 */
export async function checkConditionalWrites(storage: Storage, folder: string): Promise<void> {
  // Named as what an interrupted writer leaves, so that whatever collects those collects it after a kill.
  const probe = joinUri(folder, `.preflight.${randomUUID()}.tmp`);
  const [first, second] = [Buffer.from("first"), Buffer.from("second")];
  try {
    const isCreated = await storage.putIfAbsent(probe, first);
    const isCreatedAgain = await storage.putIfAbsent(probe, second);
    const held = Buffer.from(await storage.read(probe));
    if (isCreated && !isCreatedAgain && held.equals(first)) return;
    throw new PipelineError(
      "CONDITIONAL_WRITES_IGNORED",
      `the storage of ${JSON.stringify(folder)} ignores conditional writes: two writers of one name were told ` +
        `${isCreated} and ${isCreatedAgain} and ${JSON.stringify(held.toString().slice(0, 20))} is kept; expected true and false, and "first"`,
      { details: { folder } },
    );
  } catch (cause) {
    const error = asPipelineError(cause, "OUTPUT_UNWRITABLE", "the storage gave no reason");
    if (error.code === "CONDITIONAL_WRITES_IGNORED") throw error;
    throw new PipelineError(error.code, `${JSON.stringify(folder)} cannot be written: ${error.message}`, {
      cause,
      details: { ...error.details, folder },
      isRetryable: error.isRetryable,
    });
  } finally {
    await storage.remove(probe);
  }
}

/**
 * The folder in which writing proves that `folder` can be written: itself where it exists, else the nearest above
 * it that does, so that nothing needs to be made. `folder` where storage knows no folders. Rejects with
 * OUTPUT_UNWRITABLE when a file is in the way.
 */
export async function folderToProve(storage: Storage, folder: string): Promise<string> {
  if (!storage.hasFolders) return folder;
  for (let at: string | undefined = folder; at !== undefined; at = parentUri(at)) {
    if (await storage.isFolder(at)) return at;
    if ((await storage.stat(at)) !== undefined) {
      throw new PipelineError(
        "OUTPUT_UNWRITABLE",
        `${JSON.stringify(folder)} cannot be made: ${JSON.stringify(at)} is a file, expected a folder`,
        { details: { folder, file: at } },
      );
    }
  }
  return folder;
}

function parentUri(uri: string): string | undefined {
  const end = uri.replace(/\/+$/, "").lastIndexOf("/");
  if (end < 0 || uri.slice(0, end).endsWith(":/")) return undefined;
  const parent = uri.slice(0, end) || "/";
  return parent === uri ? undefined : parent;
}
