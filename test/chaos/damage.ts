import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Random } from "./random.ts";

/** What is done to one file of a finished dataset. */
export interface Damage {
  readonly way: "truncate" | "delete" | "flip" | "append";
  /** Chooses among the files, 0 to 1. */
  readonly target: number;
  /** How far into the file. */
  readonly place: number;
}

export function randomDamage(random: Random): Damage {
  return {
    way: random.pick(["truncate", "delete", "flip", "append"]),
    target: random.share(),
    place: random.share(),
  };
}

/** Does it to one of the names; answers in words what was done. */
export async function inflict({ way, target, place }: Damage, folder: string, names: readonly string[]) {
  const name = names[Math.floor(target * names.length)] ?? "";
  const file = path.join(folder, name);
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return `${name}: gone already`;
  // An empty file can only be lost: `_SUCCESS` counts by its name.
  if (way === "delete" || bytes.length === 0) {
    await rm(file);
    return `${name}: deleted`;
  }
  const at = Math.floor(place * bytes.length);
  if (way === "truncate") await truncate(file, at);
  else if (way === "append") await writeFile(file, "{}\n", { flag: "a" });
  else {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(place * 8));
    await writeFile(file, bytes);
  }
  return `${name}: ${way} at ${at} of ${bytes.length}`;
}
