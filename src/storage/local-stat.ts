import { lstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { pathOnDisk } from "./file-name-bytes.ts";
import { isAbsent, localError } from "./local-errors.ts";
import { versionOf } from "./local-version.ts";
import type { StoredObject } from "./storage.ts";
import { SwiftCalls } from "./swift-calls.ts";

/** Object at a path, undefined when there is none or it is no file. */
export async function statLocalObject(file: string): Promise<StoredObject | undefined> {
  try {
    const found = await stat(pathOnDisk(file), { bigint: true });
    if (!found.isFile()) return undefined;
    return { uri: file, bytes: Number(found.size), version: versionOf(found) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw localError(error, "read", "looking at", file);
  }
}

/**
 * Looks at many files: at those of a device of this machine on the calling thread, as long as none has to be waited for,
 * at all others side by side. A visit of the thread pool costs many times what a look does.
 */
export class LocalStats {
  readonly #device: bigint | undefined;
  readonly #swift = new SwiftCalls();

  /** The device as `localDevice` has it. */
  constructor(device: bigint | undefined) {
    this.#device = device;
  }

  /** The objects at these paths, in order, as `statLocalObject` gives them. Lets others have their turn. */
  async of(files: readonly string[]): Promise<readonly StoredObject[]> {
    const found: (StoredObject | undefined)[] = [];
    const waiting: Promise<void>[] = [];
    for (const file of files) {
      const index = found.push(this.#now(file)) - 1;
      if (found[index] !== undefined) continue;
      const later = statLocalObject(file).then((object) => {
        found[index] = object;
      });
      waiting.push(later);
    }
    if (waiting.length > 0) await Promise.all(waiting);
    // A listing of which nothing has to be waited for would let no timer and no signal through.
    if (this.#device !== undefined) await setImmediate();
    return found.filter((object) => object !== undefined);
  }

  /** Undefined where another way has to tell, or to say what is wrong. */
  #now(file: string): StoredObject | undefined {
    if (this.#device === undefined || !this.#swift.isNext()) return undefined;
    const started = performance.now();
    try {
      const found = lstatSync(pathOnDisk(file), { bigint: true, throwIfNoEntry: false });
      // Of a link nobody knows where it leads.
      if (found?.isFile() !== true || found.dev !== this.#device) return undefined;
      return { uri: file, bytes: Number(found.size), version: versionOf(found) };
    } catch {
      // `statLocalObject` meets the same, and says it.
      return undefined;
    } finally {
      this.#swift.took(performance.now() - started);
    }
  }
}
