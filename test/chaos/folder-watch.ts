import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import path from "node:path";

/** Tells of names as they appear below a folder, folders that come later included; a name may be told twice. */
export class FolderWatch {
  readonly #root: string;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #listeners = new Set<(name: string) => void>();

  /** The folder must exist. */
  constructor(root: string) {
    this.#root = root;
    this.#add(root);
  }

  /** Calls with each relative path; answers what ends that. */
  onName(listener: (name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (_, name) => {
        if (name !== null) this.#tell(path.join(folder, name));
      });
      // A folder that is removed takes its watch with it.
      watcher.on("error", () => undefined);
      this.#watchers.set(folder, watcher);
      // What came before the watch did.
      for (const name of readdirSync(folder)) this.#tell(path.join(folder, name));
    } catch {
      // Gone again: nothing appears in it.
    }
  }

  #tell(file: string): void {
    for (const listener of this.#listeners) listener(path.relative(this.#root, file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) this.#add(file);
  }
}
