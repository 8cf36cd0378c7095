import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { noise } from "./make-images.ts";

/** Writes one file of each kind of damage; returns what is wrong with each, by name. */
export async function breakFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(folder, { recursive: true });
  const jpeg = await sharp(noise(7, 640, 480), { raw: { width: 640, height: 480, channels: 3 } })
    .jpeg()
    .toBuffer();
  const files: readonly (readonly [name: string, what: string, bytes: Uint8Array])[] = [
    ["truncated.jpg", "a JPEG that ends in the middle", jpeg.subarray(0, jpeg.length >> 1)],
    ["flipped-bytes.jpg", "a JPEG with damaged bytes inside", withDamage(jpeg)],
    ["empty.jpg", "a file of 0 bytes", new Uint8Array(0)],
    ["wrong-suffix.png", "a sound JPEG that is called .png: its content decides", jpeg],
    ["invalid-utf8.txt", "text with bytes that are no UTF-8", latin1Text()],
    ["huge.png", "a PNG of a few hundred bytes that claims 60000 x 60000 pixels", hugePng()],
  ];
  for (const [name, , bytes] of files) writeFileSync(path.join(folder, name), bytes);
  return new Map(files.map(([name, what]) => [name, what]));
}

function withDamage(jpeg: Uint8Array): Uint8Array {
  const damaged = Uint8Array.from(jpeg);
  for (let offset = damaged.length >> 1; offset < damaged.length - 2; offset += 211) damaged[offset] = 0xff;
  return damaged;
}

function latin1Text(): Uint8Array {
  const line = "Caf\u00e9s and na\u00efve fa\u00e7ades: the text of a machine that knew nothing of UTF-8.\n";
  return Buffer.from(line.repeat(20), "latin1");
}

/** Legal chunks with right checksums, so that only the pixel limit can stop it. */
function hugePng(): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.alloc(180_001));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
