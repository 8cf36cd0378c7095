// AssemblyScript: see ../jpeg.ts.

/** Zeros behind a segment: more than one MCU can take. */
const SLACK: usize = 4096;
const FIRST_RESTART: i32 = 0xd0;

// The next bits, from the highest on, and how many of them count: behind them may lie further ones already.
export let window: u64 = 0;
export let held: i32 = 0;
/** The byte behind the next one. Bytes lie in reverse, so that eight of them read as one number, first byte highest. */
export let next: usize = 0;
/** Blocks to come whose band has nothing new (EOBRUN of G.1.2.2 of ITU-T T.81). */
export let emptyBlocks: i32 = 0;

export const predictors: usize = memory.data(16, 16);

let markerAt: usize = 0;
let sourceEnd: usize = 0;
let top: usize = 0;
let segmentEnd: usize = 0;
let interval: i32 = 0;
let left: i32 = 0;
let restarts: i32 = 0;

/** Where decoding goes on. */
export function keep(bits: u64, count: i32, at: usize): void {
  window = bits;
  held = count;
  next = at;
}

export function keepEmptyBlocks(count: i32): void {
  emptyBlocks = count;
}

/**
 * Begins with the entropy-coded bytes at `source`, which end at a marker or at `end`, and have a restart marker after every
 * `restartInterval` MCUs, if any. `areaTop` is the end of an area for the bytes without stuffing: as many as there are, and
 * SLACK more.
 */
export function beginScan(source: usize, end: usize, areaTop: usize, restartInterval: i32): void {
  sourceEnd = end;
  top = areaTop;
  interval = restartInterval;
  restarts = 0;
  beginSegment(source);
}

/** To be called before each MCU; false where the bytes are used up, or a restart marker is due and is not there. */
export function beginMcu(): bool {
  if (interval > 0) {
    if (left == 0) {
      if (!isAtEnd() || markerAt + 2 > sourceEnd) return false;
      if (<i32>load<u8>(markerAt, 1) != FIRST_RESTART + (restarts & 7)) return false;
      restarts++;
      beginSegment(markerAt + 2);
    }
    left--;
  }
  // The rest of a file that ends early reads as zeros, of which one MCU cannot take more than SLACK.
  return next + 8 >= segmentEnd;
}

/** Address of the marker behind the scan; 0 unless all of its bits but those that fill the last byte were taken. */
export function endScan(): usize {
  return isAtEnd() && emptyBlocks == 0 ? markerAt : 0;
}

function isAtEnd(): bool {
  const bits: i32 = <i32>((<isize>next - <isize>segmentEnd) << 3) + held;
  return bits >= 0 && bits < 8;
}

function beginSegment(from: usize): void {
  segmentEnd = unstuff(from, sourceEnd, top);
  memory.fill(segmentEnd - SLACK, 0, SLACK);
  memory.fill(predictors, 0, 16);
  left = interval;
  emptyBlocks = 0;
  keep(0, 0, top);
}

function unstuff(from: usize, end: usize, target: usize): usize {
  const full: v128 = i8x16.splat(-1);
  let at: usize = from;
  let to: usize = target;
  markerAt = end;
  while (at < end) {
    const bytes: v128 = v128.load(at);
    v128.store(to - 16, v128.shuffle<u8>(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    const mask: i32 = i8x16.bitmask(i8x16.eq(bytes, full));
    const plain: usize = mask == 0 ? 16 : ctz(mask);
    at += plain;
    to -= plain;
    if (mask == 0 || at >= end) continue;
    if (at + 1 == end || load<u8>(at, 1) != 0) {
      markerAt = at;
      return to;
    }
    to--;
    at += 2;
  }
  return to + (at - end);
}
