import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

const cache = path.join(import.meta.dirname, "../../.cache/bench/inputs");

/**
 * A folder with a generated input, made once: `key` says what it is, parameters and the version of its generator
 * included. What was made half is made again.
 */
export async function cachedInput(key: string, make: (folder: string) => void | Promise<void>): Promise<string> {
  const folder = path.join(cache, key);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.part-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await make(partial);
  renameSync(partial, folder);
  return folder;
}
