import { readdir, unlink } from "node:fs/promises";
import { isAbsent, localError } from "./local-errors.ts";

/** The name under which an object named `name` is written until it is whole. */
export function temporaryName(name: string, scope: string): string {
  return `.${name}.${scope}.tmp`;
}

/** Removes temporary files below a folder; does not look into hidden folders. Nothing to do when it does not exist. */
export async function removeLocalTemporaries(folder: string): Promise<void> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.startsWith(".")) await removeLocalTemporaries(`${folder}/${entry.name}`);
      if (entry.isFile() && entry.name.startsWith(".") && entry.name.endsWith(".tmp"))
        await unlink(`${folder}/${entry.name}`);
    }
  } catch (error) {
    if (isAbsent(error)) return;
    throw localError(error, "write", "removing unfinished files in", folder);
  }
}
