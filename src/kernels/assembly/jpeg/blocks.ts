// AssemblyScript: see ../jpeg.ts.
import { held, keep, next, predictors, window } from "./entropy-bytes";
import { END_RUN, entryAt, skipAt, tableAt, valueOf } from "./huffman";
import { clearCoefficients, inverse, lastThatCounts, putCoefficient, putMean, scaleAddress } from "./inverse-dct";

// The blocks of an MCU, in order.
const blocks: usize = memory.data(512, 16);
let blocksEnd: usize = blocks;

const DC_TABLE: usize = 0;
const AC_TABLE: usize = 4;
const SCALE: usize = 8;
const LAST: usize = 12;
const SIZE: usize = 16;
const PREDICTOR: usize = 20;
const OUT: usize = 24;
const STEP: usize = 28;
const STRIDE: usize = 32;
const BLOCK_BYTES: usize = 36;

export function clearBlocks(): void {
  blocksEnd = blocks;
}

/**
 * The next block of an MCU: of which component, by which Huffman tables (0 or 1 each), to how many pixels a side (1, 2, 4
 * or 8) it is decoded, where those of the first MCU go, and how many columns further those of each one after it.
 */
export function addBlock(
  component: i32,
  dcTable: i32,
  acTable: i32,
  size: i32,
  out: usize,
  step: usize,
  stride: usize,
): void {
  store<usize>(blocksEnd, tableAt(dcTable), DC_TABLE);
  store<usize>(blocksEnd, tableAt(2 + acTable), AC_TABLE);
  store<usize>(blocksEnd, scaleAddress(component), SCALE);
  store<i32>(blocksEnd, lastThatCounts(size), LAST);
  store<i32>(blocksEnd, size, SIZE);
  store<usize>(blocksEnd, predictors + ((<usize>component) << 2), PREDICTOR);
  store<usize>(blocksEnd, out, OUT);
  store<usize>(blocksEnd, step, STEP);
  store<usize>(blocksEnd, stride, STRIDE);
  blocksEnd += BLOCK_BYTES;
}

/** The MCU in `column`; false where bits are no code, or a run leaves its block. */
export function decodeMcu(column: i32): bool {
  for (let block: usize = blocks; block < blocksEnd; block += BLOCK_BYTES) {
    if (!decodeBlock(block, column)) return false;
  }
  return true;
}

/** Coefficients that the block's pixels do not depend on are skipped, several at once. */
function decodeBlock(block: usize, column: i32): bool {
  const scale: usize = load<usize>(block, SCALE);
  const last: i32 = load<i32>(block, LAST);
  const size: i32 = load<i32>(block, SIZE);
  const predictor: usize = load<usize>(block, PREDICTOR);
  const acTable: usize = load<usize>(block, AC_TABLE);
  // Eight bytes come in at once; those of them that do not count yet come in again, as the same bits.
  let at: usize = next - ((63 - held) >> 3);
  let bits: u64 = window | (load<u64>(next - 8) >> held);
  let count: i32 = held | 56;
  const first: u32 = entryAt(load<usize>(block, DC_TABLE), bits, true);
  if (first == 0) return false;
  const level: i32 = load<i32>(predictor) + valueOf(bits, first);
  store<i32>(predictor, level);
  clearCoefficients(size);
  putMean(level, scale);
  bits <<= first & 31;
  count -= first & 31;
  let index: i32 = 1;
  while (index < 64) {
    if (count < 27) {
      bits |= load<u64>(at - 8) >> count;
      at -= (63 - count) >> 3;
      count |= 56;
    }
    if (index > last) {
      const skip: u32 = skipAt(acTable, bits);
      if (index + ((skip >> 8) & 255) <= 64) {
        bits <<= skip & 255;
        count -= skip & 255;
        index += skip >> 16;
        continue;
      }
    }
    const entry: u32 = entryAt(acTable, bits, false);
    if (entry == 0) return false;
    index += entry >> 14;
    if (index < 64) putCoefficient(index, valueOf(bits, entry), scale);
    else if (index < END_RUN) return false;
    bits <<= entry & 31;
    count -= entry & 31;
    index++;
  }
  keep(bits, count, at);
  inverse(size, load<usize>(block, OUT) + <usize>column * load<usize>(block, STEP), load<usize>(block, STRIDE));
  return true;
}
