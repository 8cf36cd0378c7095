import { mkdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import tar from "tar-stream";
import { smoothPicture } from "../fixtures/picture.ts";
import { Random } from "./random.ts";
import type { InputRecipe } from "./random-pipeline.ts";
import { type TextRecord, textRecords } from "./text-records.ts";

/** One sample before it is put into the format of a source. */
interface InputSample {
  readonly record: TextRecord;
  readonly image?: { readonly bytes: Buffer; readonly extension: string };
  readonly isBroken: boolean;
}

/** Writes what the recipe says into the folder; the same recipe gives the same bytes. */
export async function writeInput(recipe: InputRecipe, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = new Random("input", recipe.seed);
  const samples = await inputSamples(random, recipe);
  let last = "";
  for (let file = 0; file < recipe.files; file++) {
    const own = samples.slice(file * recipe.samplesPerFile, (file + 1) * recipe.samplesPerFile);
    for (const [name, bytes] of await filesOf(recipe, String(file).padStart(4, "0"), own)) {
      last = path.join(folder, name);
      await writeFile(last, bytes);
      if (recipe.isLastFileCut && file === recipe.files - 1) await truncate(last, Math.floor(bytes.length / 2));
    }
  }
}

async function inputSamples(random: Random, recipe: InputRecipe): Promise<readonly InputSample[]> {
  const records = textRecords(random, recipe.files * recipe.samplesPerFile, recipe.duplicateShare);
  const samples: InputSample[] = [];
  for (const record of records) {
    const isBroken = random.chance(recipe.brokenShare);
    const earlier = samples[random.integer(0, Math.max(0, samples.length - 1))];
    if (recipe.modality === "text") samples.push({ record, isBroken });
    else if (earlier?.image !== undefined && random.chance(recipe.duplicateShare)) {
      samples.push({ record, isBroken, image: earlier.image });
    } else samples.push({ record, isBroken, image: await randomImage(random, isBroken) });
  }
  return samples;
}

/** A broken image breaks off, or is none. */
async function randomImage(random: Random, isBroken: boolean) {
  const extension = random.pick(["jpg", "jpg", "png", "webp"]);
  const { data, ...raw } = smoothPicture(random.integer(24, 200), random.integer(24, 200));
  const encoder = sharp(data, { raw });
  const whole = await (extension === "jpg"
    ? encoder.jpeg()
    : extension === "png"
      ? encoder.png()
      : encoder.webp()
  ).toBuffer();
  if (!isBroken) return { extension, bytes: whole };
  return { extension, bytes: random.chance(0.7) ? whole.subarray(0, whole.length >> 1) : Buffer.from("no image") };
}

type NamedBytes = readonly [name: string, bytes: Buffer];

async function filesOf(
  { source, modality }: InputRecipe,
  name: string,
  samples: readonly InputSample[],
): Promise<readonly NamedBytes[]> {
  switch (source) {
    case "jsonl":
      return [[`${name}.jsonl`, Buffer.from(samples.map(jsonLine).join(""))]];
    case "csv":
      return [[`${name}.csv`, Buffer.from(`title,text\n${samples.map(csvLine).join("")}`)]];
    case "parquet":
      return [[`${name}.parquet`, parquetBytes(modality, samples)]];
    case "webdataset":
      return [[`${name}.tar`, await tarBytes(samples)]];
    case "files":
      return samples.flatMap((sample) => members(name, sample));
  }
}

function jsonLine({ record, isBroken }: InputSample, index: number): string {
  if (!isBroken) return `${JSON.stringify(record)}\n`;
  return index % 2 === 0 ? "no record\n" : `${JSON.stringify({ ...record, text: index })}\n`;
}

function csvLine({ record, isBroken }: InputSample): string {
  const text = `"${record.text.replaceAll('"', '""')}"`;
  return isBroken ? `${record.title},${text},one too many\n` : `${record.title},${text}\n`;
}

function parquetBytes(modality: InputRecipe["modality"], samples: readonly InputSample[]): Buffer {
  const text = samples.map(({ record }) => record.text);
  const title = samples.map(({ record }) => String(record.title));
  const columns =
    modality === "text"
      ? [{ name: "text", data: text, type: "STRING" as const }]
      : [
          { name: "caption", data: text, type: "STRING" as const },
          { name: "image", data: samples.map(({ image }) => image?.bytes), type: "BYTE_ARRAY" as const },
        ];
  const columnData = [{ name: "title", data: title, type: "STRING" as const }, ...columns];
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: modality === "text" ? 20 : 4 }));
}

/** The files that are one sample, by their common name. */
function members(name: string, { record, image, isBroken }: InputSample): readonly NamedBytes[] {
  if (image !== undefined) {
    return [
      [`${name}.${image.extension}`, image.bytes],
      [`${name}.txt`, Buffer.from(record.text)],
    ];
  }
  return [[`${name}.txt`, isBroken ? Buffer.from([0xff, 0xfe, 0xfd, 0x00]) : Buffer.from(record.text)]];
}

async function tarBytes(samples: readonly InputSample[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const [index, sample] of samples.entries()) {
    for (const [name, bytes] of members(String(index).padStart(5, "0"), sample)) {
      pack.entry({ name, mtime: new Date(0) }, bytes);
    }
    const sidecar = Buffer.from(sample.isBroken ? "{ no json" : JSON.stringify({ title: sample.record.title }));
    pack.entry({ name: `${String(index).padStart(5, "0")}.json`, mtime: new Date(0) }, sidecar);
  }
  pack.finalize();
  return buffer(pack);
}
