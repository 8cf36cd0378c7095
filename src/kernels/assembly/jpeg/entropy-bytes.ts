// AssemblyScript: see ../jpeg.ts.

/** Zeros behind a segment: more than one MCU can take. */
const SLACK: usize = 4096;

/** The marker that ended the segment. */
export let markerAt: usize = 0;

// The next bits, from the highest on, and how many of them count: behind them may lie further ones already.
export let window: u64 = 0;
export let held: i32 = 0;
/** The byte behind the next one. Bytes lie in reverse, so that eight of them read as one number, first byte highest. */
export let next: usize = 0;
let segmentEnd: usize = 0;

export const predictors: usize = memory.data(16, 16);

/** Where decoding goes on. */
export function keep(bits: u64, count: i32, at: usize): void {
  window = bits;
  held = count;
  next = at;
}

/** Takes the bytes from `from` up to a marker, or to `end`, without stuffing, to below `top`. Predictions begin anew. */
export function beginSegment(from: usize, end: usize, top: usize): void {
  segmentEnd = unstuff(from, end, top);
  memory.fill(segmentEnd - SLACK, 0, SLACK);
  memory.fill(predictors, 0, 16);
  keep(0, 0, top);
}

/** Whether all bits of the segment but those that fill its last byte were taken. */
export function isAtEnd(top: usize): bool {
  const left: i32 = <i32>((<isize>next - <isize>segmentEnd) << 3) + held;
  return left >= 0 && left < 8;
}

/** Whether bytes behind the segment were taken, which are none of it. */
export function isPastEnd(): bool {
  return next + 8 < segmentEnd;
}

function unstuff(from: usize, end: usize, top: usize): usize {
  const full: v128 = i8x16.splat(-1);
  let at: usize = from;
  let to: usize = top;
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
