// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../jpeg-reference.ts. Callers lay memory out: see ../jpeg-reducer.ts.
import { addBlock, clearBlocks, decodeMcu } from "./jpeg/blocks";
import { componentCount, describeColours, describeStrip, planeAt, stride, writeStrip } from "./jpeg/colours";
import { beginMcu, beginScan, endScan } from "./jpeg/entropy-bytes";
import { fillTable, setProgressive } from "./jpeg/huffman";
import { scaleAddress } from "./jpeg/inverse-dct";
import { describeComponent, inverseBlocks, refineAc, refineDc, takeAc, takeDc, useTables } from "./jpeg/progressive";

export {
  addBlock,
  beginScan,
  clearBlocks,
  describeColours,
  describeComponent,
  describeStrip,
  endScan,
  fillTable,
  scaleAddress,
  setProgressive,
  useTables,
};

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
    for (let component: i32 = 0; component < componentCount; component++) {
      inverseBlocks(component, columns, row, planeAt(component), stride);
    }
    writeStrip(row, target, width, height);
  }
}
