/**
 * Noise at every scale, each octave weaker than the one above by `detail` (0 to 1): a 1/f spectrum as photographs
 * have, in three related channels. The same for the same seed.
 */
export function noisePicture(width: number, height: number, detail: number, seed: number): Uint8Array {
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
    const up = 1 - down;
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell);
      const right = x / cell - column;
      const left = 1 - right;
      const top = (row * columns + column) * 3;
      const bottom = top + columns * 3;
      const to = (y * width + x) * 3;
      const shared = between(grid, top + 1, left, right) * up + between(grid, bottom + 1, left, right) * down;
      const first = between(grid, top, left, right) * up + between(grid, bottom, left, right) * down;
      const last = between(grid, top + 2, left, right) * up + between(grid, bottom + 2, left, right) * down;
      sum[to] = (sum[to] ?? 0) + strength * (shared + first);
      sum[to + 1] = (sum[to + 1] ?? 0) + strength * shared;
      sum[to + 2] = (sum[to + 2] ?? 0) + strength * (shared + last);
    }
  }
}

function between(grid: Float32Array, at: number, left: number, right: number): number {
  return (grid[at] ?? 0) * left + (grid[at + 3] ?? 0) * right;
}

function generator(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
