import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { buffer as readBytes } from "node:stream/consumers";
import { extract } from "tar-stream";
import { z } from "zod";

/** A sample of a tar that somebody wrote. */
export interface TarSample {
  image?: Uint8Array;
  phash?: string;
}

/** Ours, those that the programs in bench/peers write, and those of img2dataset, which knows the address alone. */
const attributes = z.object({
  id: z.string().optional(),
  url: z.string().optional(),
  phash: z.string().optional(),
  attributes: z.object({ phash: z.string().optional() }).optional(),
});

/**
 * Samples of a tar, or of all tars below a folder, by the name that the file had in the input, without its suffix.
 * Where there are too many images to hold, `keep` makes something smaller of each.
 */
export async function readTarSamples(
  location: string,
  keep: (image: Uint8Array) => Uint8Array = (image) => image,
): Promise<ReadonlyMap<string, TarSample>> {
  const samples = new Map<string, TarSample>();
  for (const file of tarsAt(location)) {
    let key = "";
    let members: { name?: string; image?: Uint8Array; phash?: string } = {};
    const close = () => {
      if (members.image !== undefined) samples.set(members.name ?? key, members);
      members = {};
    };
    for await (const entry of createReadStream(file).pipe(extract())) {
      const { name: stem, ext } = path.parse(entry.header.name);
      if (stem !== key) close();
      key = stem;
      const content = await readBytes(entry);
      if (ext === ".json") Object.assign(members, described(content));
      else if (ext === ".jpg" || ext === ".jpeg" || ext === ".webp") members.image = keep(content);
    }
    close();
  }
  return samples;
}

function described(content: Buffer): { name?: string; phash?: string } {
  const { id, url, phash, attributes: inner } = attributes.parse(JSON.parse(content.toString()));
  const name = id ?? url;
  const hash = phash ?? inner?.phash;
  return {
    ...(name === undefined ? {} : { name: path.basename(name, ".jpg") }),
    ...(hash === undefined ? {} : { phash: hash }),
  };
}

function tarsAt(location: string): readonly string[] {
  if (!existsSync(location)) return [];
  if (!statSync(location).isDirectory()) return [location];
  const names = readdirSync(location, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".tar"))
    .sort()
    .map((name) => path.join(location, name));
}
