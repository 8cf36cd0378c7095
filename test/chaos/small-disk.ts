import { execFile } from "node:child_process";
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const run = promisify(execFile);
const diskBytes = 32 * 2 ** 20;

/** A file system of its own, so small that it can be filled at once. */
export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#filler = path.join(folder, "filler");
  }

  /** Undefined where this process may not mount. */
  static async mount(folder: string): Promise<SmallDisk | undefined> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
    await mkdir(folder, { recursive: true });
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "chaos", folder]);
    } catch {
      // Containers often forbid it; the report counts what was left out.
      return undefined;
    }
    return new SmallDisk(folder);
  }

  /** Leaves so many bytes, in whole pages, for others. */
  fill(bytesLeft: number): void {
    const file = openSync(this.#filler, "w");
    try {
      const block = Buffer.alloc(2 ** 20);
      for (let written = 0; written < diskBytes; ) written += writeSync(file, block);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    } finally {
      closeSync(file);
    }
    truncateSync(this.#filler, Math.max(0, statSync(this.#filler).size - bytesLeft));
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  /** False while somebody has a file open for writing. */
  async setReadOnly(isReadOnly: boolean): Promise<boolean> {
    try {
      await run("mount", ["-o", `remount,${isReadOnly ? "ro" : "rw"}`, this.folder]);
      return true;
    } catch (error) {
      if (isReadOnly) return false;
      throw error;
    }
  }

  async unmount(): Promise<void> {
    await run("umount", ["-l", this.folder]);
  }
}
