import { mkdirSync } from "node:fs";
import path from "node:path";
import sharp, { type Sharp } from "sharp";

type Look = "sharp" | "blurred" | "dark" | "bright" | "tiny" | "narrow";

interface Picture {
  readonly name: string;
  readonly seed: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly look: Look;
}

const sizes = [
  [640, 480],
  [800, 600],
  [1024, 683],
  [600, 800],
] as const;
const flaws: readonly Look[] = ["blurred", "dark", "bright", "tiny", "narrow"];
const extensions = ["jpg", "jpg", "webp", "jpg", "jpg", "jpg", "png"] as const;

/** Draws 60 pictures, four fifths of them fit for training. Returns how many there are. */
export async function makeImages(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const pictures = Array.from({ length: 60 }, (_, index) => pictureAt(index));
  await Promise.all(
    pictures.map(async (picture) => {
      const drawn = await draw(picture);
      await drawn.toFile(path.join(folder, picture.name));
    }),
  );
  return pictures.length;
}

function pictureAt(index: number): Picture {
  const look = index % 5 === 4 ? (flaws[Math.floor(index / 5) % flaws.length] ?? "blurred") : "sharp";
  const [width, height] = sizes[index % sizes.length] ?? sizes[0];
  const [widthPixels, heightPixels] = look === "tiny" ? [96, 72] : look === "narrow" ? [1600, 220] : [width, height];
  const extension = extensions[index % extensions.length] ?? "jpg";
  return {
    name: `picture-${String(index).padStart(3, "0")}-${look}.${extension}`,
    seed: index + 1,
    widthPixels,
    heightPixels,
    look,
  };
}

/** Coarse noise gives the shapes, fine noise the texture that tells a sharp picture from a blurred one. */
async function draw({ seed, widthPixels, heightPixels, look }: Picture): Promise<Sharp> {
  const shapes = await enlarged(noise(seed, 8, 6), 8, 6, widthPixels, heightPixels);
  const size = { raw: { width: widthPixels, height: heightPixels, channels: 3 as const } };
  if (look === "blurred") return sharp(shapes, size);
  const [width, height] = [Math.ceil(widthPixels / 3), Math.ceil(heightPixels / 3)];
  const texture = await enlarged(noise(seed + 1000, width, height), width, height, widthPixels, heightPixels);
  const mixed = mix(shapes, texture);
  if (look === "dark") return sharp(mixed, size).linear(0.06, 0);
  if (look === "bright") return sharp(mixed, size).linear(0.06, 239);
  return sharp(mixed, size);
}

/** Two thirds of one, one third of the other. */
function mix(shapes: Buffer, texture: Buffer): Buffer {
  const mixed = Buffer.allocUnsafe(shapes.length);
  for (let index = 0; index < mixed.length; index++) {
    mixed[index] = ((shapes[index] ?? 0) * 2 + (texture[index] ?? 0)) / 3;
  }
  return mixed;
}

function enlarged(pixels: Buffer, width: number, height: number, toWidth: number, toHeight: number): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
}

/** RGB pixels from the mulberry32 generator: the same for the same seed. */
export function noise(seed: number, width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  let state = Math.imul(seed, 0x9e3779b1);
  for (let index = 0; index < pixels.length; index++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    pixels[index] = (mixed ^ (mixed >>> 14)) & 0xff;
  }
  return pixels;
}
