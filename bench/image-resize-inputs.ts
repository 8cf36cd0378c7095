import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

/**
 * Writes `count` JPEGs at quality 85 whose detail falls off as in photographs; the same at every run. `detail` is the
 * strength of each octave of noise against the one above, 0 to 1: what decides how many bytes a file has.
 */
export async function writeJpegs(
  folder: string,
  count: number,
  width: number,
  height: number,
  detail: number,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const data = octaves(width, height, detail, index + 1);
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 85 })
      .toBuffer();
    writeFileSync(join(folder, `${String(index).padStart(4, "0")}.jpg`), jpeg);
  }
}

/** Noise at every scale, each octave weaker than the one above: a 1/f spectrum, in three related channels. */
function octaves(width: number, height: number, detail: number, seed: number): Uint8Array {
  const sum = new Float32Array(width * height * 3);
  const random = generator(seed);
  for (let cell = 256, strength = 52; cell >= 1; cell /= 2, strength *= detail) {
    addNoise(sum, width, height, cell, strength, random);
  }
  return Uint8Array.from(sum, (value) => Math.max(0, Math.min(255, Math.round(128 + value))));
}

function addNoise(
  sum: Float32Array,
  width: number,
  height: number,
  cell: number,
  strength: number,
  random: () => number,
): void {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const grid = Float32Array.from(
    { length: columns * rows * 3 },
    (_value, index) => (index % 3 === 1 ? 1 : 0.35) * (random() * 2 - 1),
  );
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell);
    const down = y / cell - row;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell);
      const right = x / cell - column;
      const at = (row * columns + column) * 3;
      const corner = (offset: number) => grid[offset] ?? 0;
      const mixed = (channel: number) =>
        (corner(at + channel) * (1 - right) + corner(at + 3 + channel) * right) * (1 - down) +
        (corner(at + columns * 3 + channel) * (1 - right) + corner(at + columns * 3 + 3 + channel) * right) * down;
      const shared = mixed(1);
      const to = (y * width + x) * 3;
      sum[to] = (sum[to] ?? 0) + strength * (shared + mixed(0));
      sum[to + 1] = (sum[to + 1] ?? 0) + strength * shared;
      sum[to + 2] = (sum[to + 2] ?? 0) + strength * (shared + mixed(2));
    }
  }
}

function generator(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
