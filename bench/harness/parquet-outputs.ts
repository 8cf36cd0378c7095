import { readdirSync } from "node:fs";
import path from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { TarSample } from "./tar-outputs.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Rows of all Parquet files below a folder, file by file, columns as named. */
export async function* readParquet(folder: string, columns: readonly string[]): AsyncGenerator<Row> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((one) => one.endsWith(".parquet")).sort()) {
    const file = await asyncBufferFromFile(path.join(folder, name));
    const rows = await parquetReadObjects({ file, columns: [...columns], compressors, utf8: false });
    for (const row of rows) yield row;
  }
}

/** Images in Parquet: a path or its stem in `key`, bytes in `image`, perhaps a hash in `phash`. */
export async function readParquetImages(folder: string, hasHash: boolean): Promise<ReadonlyMap<string, TarSample>> {
  const samples = new Map<string, TarSample>();
  for await (const row of readParquet(folder, hasHash ? ["key", "image", "phash"] : ["key", "image"])) {
    const { key, image, phash } = row;
    if (typeof key !== "string" || !(image instanceof Uint8Array)) continue;
    samples.set(path.basename(key, ".jpg"), { image, ...(typeof phash === "string" ? { phash } : {}) });
  }
  return samples;
}
