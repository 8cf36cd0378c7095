// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../jpeg-reference.ts. Callers lay memory out: see ../jpeg-reducer.ts.
import { addBlock, clearBlocks, decodeMcu } from "./jpeg/blocks";
import { writeRows } from "./jpeg/colours";
import { beginMcu, beginScan, endScan } from "./jpeg/entropy-bytes";
import { fillTable, setProgressive } from "./jpeg/huffman";
import { scaleAddress } from "./jpeg/inverse-dct";
import { describeComponent, inverseBlocks, refineAc, refineDc, takeAc, takeDc } from "./jpeg/progressive";

export { addBlock, beginScan, clearBlocks, describeComponent, endScan, fillTable, scaleAddress, setProgressive };

let luma: usize = 0;
let blue: usize = 0;
let red: usize = 0;
let stride: usize = 0;
let lumaRows: i32 = 0;
let components: i32 = 0;
let columnShift: i32 = 0;
let rowShift: i32 = 0;

/**
 * Where the planes of a row of MCUs are put together, in rows of `strideBytes`, of which luma has `rows`. Chroma has twice
 * the columns where `columnsShift` is 1, and twice the rows where `rowsShift` is.
 */
export function describeStrip(
  lumaPlane: usize,
  bluePlane: usize,
  redPlane: usize,
  strideBytes: usize,
  rows: i32,
  count: i32,
  columnsShift: i32,
  rowsShift: i32,
): void {
  luma = lumaPlane;
  blue = bluePlane;
  red = redPlane;
  stride = strideBytes;
  lumaRows = rows;
  components = count;
  columnShift = columnsShift;
  rowShift = rowsShift;
}

/**
 * Decodes the one scan of a baseline JPEG of `columns` x `rows` MCUs, which `beginScan` and `addBlock` described, into
 * `width` x `height` pixels at `target`: RGB, or one byte each of one component. 0 where anything is not in order.
 */
export function decodeBaseline(columns: i32, rows: i32, target: usize, width: i32, height: i32): i32 {
  for (let row: i32 = 0; row < rows; row++) {
    for (let column: i32 = 0; column < columns; column++) {
      if (!beginMcu() || !decodeMcu(column)) return 0;
    }
    writeStrip(row, target, width, height);
  }
  return 1;
}

/**
 * Takes the DC coefficients of a progressive scan of `count` components from `component` on, of `columns` x `rows` MCUs: their
 * bits from `low` on in a first scan, bit `low` in one that refines. 0 where anything is not in order.
 */
export function decodeDc(component: i32, count: i32, columns: i32, rows: i32, isRefinement: i32, low: i32): i32 {
  for (let row: i32 = 0; row < rows; row++) {
    for (let column: i32 = 0; column < columns; column++) {
      if (!beginMcu()) return 0;
      for (let index: i32 = component; index < component + count; index++) {
        if (isRefinement != 0) refineDc(index, column, row, count > 1, low);
        else if (!takeDc(index, column, row, count > 1, low)) return 0;
      }
    }
  }
  return 1;
}

/** The same for coefficients `first` to `last` of one component of `columns` x `rows` blocks. */
export function decodeAc(
  component: i32,
  columns: i32,
  rows: i32,
  first: i32,
  last: i32,
  isRefinement: i32,
  low: i32,
): i32 {
  for (let row: i32 = 0; row < rows; row++) {
    for (let column: i32 = 0; column < columns; column++) {
      if (!beginMcu()) return 0;
      const isTaken: bool =
        isRefinement != 0
          ? refineAc(component, column, row, first, last, low)
          : takeAc(component, column, row, first, last, low);
      if (!isTaken) return 0;
    }
  }
  return 1;
}

/** Makes pixels, as `decodeBaseline` does, of the coefficients that progressive scans left. */
export function writeProgressive(columns: i32, rows: i32, target: usize, width: i32, height: i32): void {
  for (let row: i32 = 0; row < rows; row++) {
    inverseBlocks(0, columns, row, luma, stride);
    if (components > 1) {
      inverseBlocks(1, columns, row, blue, stride);
      inverseBlocks(2, columns, row, red, stride);
    }
    writeStrip(row, target, width, height);
  }
}

function writeStrip(row: i32, target: usize, width: i32, height: i32): void {
  const first: i32 = row * lumaRows;
  const written: i32 = min<i32>(lumaRows, height - first);
  const out: usize = target + <usize>first * <usize>width * <usize>components;
  writeRows(luma, blue, red, stride, written, components, columnShift, rowShift, out, width);
}
