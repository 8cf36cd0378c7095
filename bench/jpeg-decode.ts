// What decoding alone takes of a 2000x1500 JPEG that becomes 341x256, by the kind of file: CPU milliseconds on one
// thread. The bytes decide, not the pixels: that is what W2 is about.
//
//   node bench/install-peers.ts && node bench/jpeg-decode.ts
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import turbo from "@julusian/jpeg-turbo";
import sharp from "sharp";
import { z } from "zod";
import { JpegReducer } from "../src/kernels/jpeg-reducer.ts";
import { jpegScans } from "../src/media/image/jpeg-scans.ts";
import { python } from "./harness/peer-environments.ts";
import { jpegFolder, kindInName } from "./inputs/jpegs.ts";

const [width, height] = [2000, 1500];
const images = 100;
const folder = await jpegFolder({ count: images, width, height, detail: 0.83, distinct: images });
sharp.concurrency(1);
sharp.cache(false);
const pixels = Buffer.alloc(width * height * 3);

/** CPU milliseconds for one of the files, once each after two to warm up. */
async function measured(files: readonly Buffer[], decode: (file: Buffer) => unknown): Promise<number> {
  for (const file of files.slice(0, 2)) await decode(file);
  const before = process.cpuUsage();
  for (const file of files) await decode(file);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / files.length;
}

const files = new Map<string, Buffer[]>();
for (const name of readdirSync(folder)) {
  const kind = kindInName(name);
  if (kind === "cut") continue;
  files.set(kind, [...(files.get(kind) ?? []), readFileSync(path.join(folder, name))]);
}
const opencv = z.record(z.string(), z.number()).parse(
  JSON.parse(
    execFileSync(python("media"), [path.join(import.meta.dirname, "parts/jpeg_decode.py"), folder], {
      encoding: "utf8",
    }),
  ),
);

const reducer = new JpegReducer();

/** As `resize-image` does. */
function reduce(file: Buffer): void {
  const frame = jpegScans(file);
  if (frame === undefined || reducer.reduce(file, frame, 4, 2 ** 26) === undefined)
    throw new Error("it is not decoded");
}

const table: Record<string, Record<string, string>> = {};
for (const [kind, ofKind] of files) {
  const reduced = await measured(ofKind, (file) =>
    sharp(file).autoOrient().resize(341, 256, { fit: "fill", kernel: "linear" }).raw().toBuffer(),
  );
  // It has no CMYK.
  const whole =
    kind === "cmyk"
      ? undefined
      : await measured(ofKind, (file) => turbo.decompressSync(file, pixels, { format: turbo.FORMAT_RGB }));
  const ours = await measured(ofKind, reduce);
  const kilobytes = ofKind.reduce((sum, { byteLength }) => sum + byteLength, 0) / ofKind.length / 1000;
  table[kind] = {
    files: String(ofKind.length),
    KB: kilobytes.toFixed(0),
    "ours, at a quarter": ours.toFixed(1),
    "sharp, at a quarter": reduced.toFixed(1),
    "libjpeg-turbo, whole": whole?.toFixed(1) ?? "",
    "OpenCV, at a quarter": opencv[kind]?.toFixed(1) ?? "",
  };
}
console.table(table);
