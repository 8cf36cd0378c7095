import { linkSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { cachedInput } from "../harness/cached-input.ts";
import { noisePicture } from "./noise-picture.ts";

/** Raise it when the same parameters make other files. */
const generatorVersion = 1;

/** What a file is, and the end of its name. */
export type JpegKind = "plain" | "444" | "progressive" | "rotated" | "cmyk" | "cut";

export interface JpegSet {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** See `noisePicture`: decides how many bytes a file has. */
  readonly detail: number;
  /** Different files; the others are further names of theirs. */
  readonly distinct: number;
}

/** Of fifty neighbours, 2 % end early, 2 % are CMYK, 6 % lie on their side; of the others a fifth each is particular. */
export function kindOf(index: number): JpegKind {
  const place = index % 50;
  if (place === 49) return "cut";
  if (place === 24) return "cmyk";
  if (place % 20 === 7) return "rotated";
  if (place % 5 === 1) return "444";
  return place % 5 === 3 ? "progressive" : "plain";
}

export function kindInName(name: string): JpegKind {
  const kinds: readonly JpegKind[] = ["plain", "444", "progressive", "rotated", "cmyk", "cut"];
  const kind = kinds.find((one) => path.parse(name).name.endsWith(`-${one}`));
  if (kind === undefined) throw new Error(`${name} does not say what it is`);
  return kind;
}

/** A folder of JPEGs of qualities 75, 88 and 95 whose names say what they are. */
export function jpegFolder(set: JpegSet): Promise<string> {
  const { count, width, height, detail, distinct } = set;
  const key = `jpegs-${width}x${height}-${count}-of-${distinct}-detail-${detail}-v${generatorVersion}`;
  return cachedInput(key, async (folder) => {
    mkdirSync(folder, { recursive: true });
    if (count <= distinct) {
      for (let index = 0; index < count; index++) {
        writeFileSync(path.join(folder, nameOf(index)), await encode(set, index));
      }
      return;
    }
    const originals = await jpegFolder({ ...set, count: distinct });
    for (let index = 0; index < count; index++) {
      const original = nameOf(index % distinct);
      linkSync(path.join(originals, original), path.join(folder, `${number(index)}${original.slice(6)}`));
    }
  });
}

const number = (index: number) => String(index).padStart(6, "0");
const nameOf = (index: number) => `${number(index)}-${kindOf(index)}.jpg`;

/** One picture is drawn for five files, which differ in how they are encoded: drawing is slow. */
async function encode({ width, height, detail }: JpegSet, index: number): Promise<Uint8Array> {
  const kind = kindOf(index);
  const quality = [75, 88, 95][index % 3] ?? 88;
  const pixels = noisePicture(width, height, detail, Math.floor(index / 5) + 1);
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (kind === "cmyk") picture.toColourspace("cmyk");
  if (kind === "rotated") picture.withMetadata({ orientation: 6 });
  const jpeg = await picture
    .jpeg({ quality, chromaSubsampling: kind === "444" ? "4:4:4" : "4:2:0", progressive: kind === "progressive" })
    .toBuffer();
  return kind === "cut" ? jpeg.subarray(0, Math.floor(jpeg.byteLength * 0.6)) : jpeg;
}

/** How many of a folder's files are of each kind. */
export function countKinds(folder: string): Readonly<Record<JpegKind, number>> {
  const counts = { plain: 0, "444": 0, progressive: 0, rotated: 0, cmyk: 0, cut: 0 };
  for (const name of readdirSync(folder)) counts[kindInName(name)]++;
  return counts;
}
