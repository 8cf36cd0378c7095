// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../jpeg-reference.ts. Callers lay memory out: see ../jpeg-reducer.ts.
import { addBlock, blocks, blocksEnd, clearBlocks, decodeBlock } from "./jpeg/blocks";
import { writeRows } from "./jpeg/colours";
import { beginSegment, isAtEnd, isPastEnd, markerAt } from "./jpeg/entropy-bytes";
import { fillTable } from "./jpeg/huffman";
import { scaleAddress } from "./jpeg/inverse-dct";

export { addBlock, clearBlocks, fillTable, scaleAddress };

const FIRST_RESTART: i32 = 0xd0;

/**
 * Decodes the one scan of a baseline JPEG, whose entropy-coded bytes begin at `source`, into `width` x `height` pixels at
 * `target`: RGB, or one byte each where `components` is 1. What fillTable, scaleAddress and addBlock were told holds for it.
 * `luma`, `blue` and `red` have room for the planes of a row of MCUs, in rows of `stride` bytes, of which luma has
 * `lumaRows`. Chroma has twice the columns where `columnShift` is 1, and twice the rows where `rowShift` is.
 * `top` is the end of an area for the bytes without stuffing: as many as the source has, and SLACK more.
 *
 * 1 when everything is in order up to the marker behind the last MCU, which `markerAddress` tells. 0 when anything is
 * not: then the target holds nothing of use.
 */
export function decodeScan(
  source: usize,
  sourceEnd: usize,
  top: usize,
  columns: i32,
  rows: i32,
  restartInterval: i32,
  components: i32,
  luma: usize,
  blue: usize,
  red: usize,
  stride: usize,
  lumaRows: i32,
  columnShift: i32,
  rowShift: i32,
  target: usize,
  width: i32,
  height: i32,
): i32 {
  beginSegment(source, sourceEnd, top);
  let left: i32 = restartInterval;
  let restarts: i32 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    for (let column: i32 = 0; column < columns; column++) {
      if (restartInterval > 0) {
        if (left == 0) {
          if (!isAtEnd(top) || markerAt + 2 > sourceEnd) return 0;
          if (<i32>load<u8>(markerAt, 1) != FIRST_RESTART + (restarts & 7)) return 0;
          restarts++;
          beginSegment(markerAt + 2, sourceEnd, top);
          left = restartInterval;
        }
        left--;
      }
      // The rest of a file that ends early reads as zeros, of which one MCU cannot take more than SLACK.
      if (isPastEnd()) return 0;
      for (let block: usize = blocks; block < blocksEnd; block = decodeBlock(block, column)) {
        if (block == 0) return 0;
      }
    }
    const first: i32 = row * lumaRows;
    const written: i32 = min<i32>(lumaRows, height - first);
    const out: usize = target + <usize>first * <usize>width * <usize>components;
    writeRows(luma, blue, red, stride, written, components, columnShift, rowShift, out, width);
  }
  return isAtEnd(top) ? 1 : 0;
}

/** Address of the marker that ended the scan. */
export function markerAddress(): usize {
  return markerAt;
}
