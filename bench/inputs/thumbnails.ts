import { createHash } from "node:crypto";
import sharp from "sharp";
import { noisePicture } from "./noise-picture.ts";

const [width, height] = [160, 120];
/** Different pictures; the comment makes every file another one. */
const distinct = 50;
const startOfImageBytes = 2;
const commentHeaderBytes = 4;

/** Makes JPEGs of 160 x 120, each of exactly so many bytes: a comment behind the start of the image fills them up. */
export async function thumbnails(bytes: number): Promise<(index: number) => Buffer> {
  const pictures = await Promise.all(Array.from({ length: distinct }, (_none, index) => encode(index)));
  return (index) => {
    const picture = pictures[index % distinct] ?? Buffer.alloc(0);
    const length = bytes - picture.byteLength - commentHeaderBytes;
    if (length < 0) throw new Error(`a picture of ${picture.byteLength} bytes does not fit into ${bytes}`);
    const header = Buffer.from([0xff, 0xfe, 0, 0]);
    header.writeUInt16BE(length + 2, 2);
    const comment = createHash("shake256", { outputLength: length }).update(`thumbnail ${index}`).digest();
    return Buffer.concat([
      picture.subarray(0, startOfImageBytes),
      header,
      comment,
      picture.subarray(startOfImageBytes),
    ]);
  };
}

function encode(index: number): Promise<Buffer> {
  const pixels = noisePicture(width, height, 0.62, index + 1);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}
