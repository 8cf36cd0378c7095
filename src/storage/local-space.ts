import { statfs } from "node:fs/promises";
import path from "node:path";
import { pathOnDisk } from "./file-name-bytes.ts";
import { isAbsent, localError } from "./local-errors.ts";

/** Free bytes, for whoever is not root, of the file system that holds a path, or will hold it. */
export async function freeLocalBytes(location: string): Promise<number> {
  for (let folder = location; ; folder = path.dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(pathOnDisk(folder));
      return bavail * bsize;
    } catch (error) {
      if (!isAbsent(error) || path.dirname(folder) === folder)
        throw localError(error, "read", "asking for the free space at", folder);
    }
  }
}
