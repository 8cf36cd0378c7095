// AssemblyScript: see ../jpeg.ts. Annex G of ITU-T T.81.
import { emptyBlocks, held, keep, keepEmptyBlocks, next, predictors, window } from "./entropy-bytes";
import { entryAt, tableAt, valueOf } from "./huffman";
import { clearCoefficients, inverse, lastThatCounts, putCoefficient, putMean, scaleAddress } from "./inverse-dct";

const COEFFICIENTS: usize = 0;
const MASKS: usize = 4;
const STRIDE: usize = 8;
const BLOCK_BYTES: usize = 12;
const KEPT: usize = 16;
const ACROSS: usize = 20;
const DOWN: usize = 24;
const SIZE: usize = 28;
const DC_TABLE: usize = 32;
const AC_TABLE: usize = 36;

const components: usize = memory.data(160, 16);

function componentAt(index: i32): usize {
  return components + <usize>index * 40;
}

/**
 * A component of which an MCU has `across` x `down` blocks, decoded to `size` pixels a side. Of each block, `stride` in a
 * row, the `blockBytes` bytes at `coefficients` keep in 16 bits each those that count, and 64 bits at `masks` which of all
 * are not zero; both are zero at first.
 */
export function describeComponent(
  component: i32,
  coefficients: usize,
  masks: usize,
  stride: i32,
  blockBytes: i32,
  across: i32,
  down: i32,
  size: i32,
): void {
  const at: usize = componentAt(component);
  store<usize>(at, coefficients, COEFFICIENTS);
  store<usize>(at, masks, MASKS);
  store<i32>(at, stride, STRIDE);
  store<i32>(at, blockBytes, BLOCK_BYTES);
  store<i32>(at, lastThatCounts(size) + 1, KEPT);
  store<i32>(at, across, ACROSS);
  store<i32>(at, down, DOWN);
  store<i32>(at, size, SIZE);
}

/** The Huffman tables (0 or 1 each) that a component has in the next scan. */
export function useTables(component: i32, dcTable: i32, acTable: i32): void {
  const at: usize = componentAt(component);
  store<usize>(at, tableAt(dcTable), DC_TABLE);
  store<usize>(at, tableAt(2 + acTable), AC_TABLE);
}

function coefficientsAt(at: usize, column: i32, row: i32): usize {
  const block: usize = <usize>(row * load<i32>(at, STRIDE) + column);
  return load<usize>(at, COEFFICIENTS) + block * <usize>load<i32>(at, BLOCK_BYTES);
}

function maskAt(at: usize, column: i32, row: i32): usize {
  return load<usize>(at, MASKS) + ((<usize>(row * load<i32>(at, STRIDE) + column)) << 3);
}

/** The MCU in `column` and `row`; one block where the scan has one component. */
export function takeDc(component: i32, column: i32, row: i32, isInterleaved: bool, low: i32): bool {
  const at: usize = componentAt(component);
  const across: i32 = isInterleaved ? load<i32>(at, ACROSS) : 1;
  const down: i32 = isInterleaved ? load<i32>(at, DOWN) : 1;
  const predictor: usize = predictors + ((<usize>component) << 2);
  for (let y: i32 = 0; y < down; y++) {
    for (let x: i32 = 0; x < across; x++) {
      const bits: u64 = window | (load<u64>(next - 8) >> held);
      const pointer: usize = next - ((63 - held) >> 3);
      const entry: u32 = entryAt(load<usize>(at, DC_TABLE), bits, true);
      if (entry == 0) return false;
      const level: i32 = load<i32>(predictor) + valueOf(bits, entry);
      store<i32>(predictor, level);
      store<i16>(coefficientsAt(at, column * across + x, row * down + y), <i16>(level << low));
      keep(bits << (entry & 31), (held | 56) - (entry & 31), pointer);
    }
  }
  return true;
}

export function refineDc(component: i32, column: i32, row: i32, isInterleaved: bool, low: i32): void {
  const at: usize = componentAt(component);
  const across: i32 = isInterleaved ? load<i32>(at, ACROSS) : 1;
  const down: i32 = isInterleaved ? load<i32>(at, DOWN) : 1;
  for (let y: i32 = 0; y < down; y++) {
    for (let x: i32 = 0; x < across; x++) {
      const coefficient: usize = coefficientsAt(at, column * across + x, row * down + y);
      store<i16>(coefficient, load<i16>(coefficient) | <i16>((<i32>takeBits(1)) << low));
    }
  }
}

/** Up to 32 bits. */
function takeBits(count: i32): u64 {
  const bits: u64 = window | (load<u64>(next - 8) >> held);
  const pointer: usize = next - ((63 - held) >> 3);
  // Twice, as a shift by 64 is one by nothing.
  const taken: u64 = (bits >> 1) >> (63 - count);
  keep(bits << count, (held | 56) - count, pointer);
  return taken;
}

// Notes the blocks behind this one whose band has nothing new, which bits behind the code of `entry` tell the number of.
function takeEmptyBlocks(entry: u32): void {
  const run: i32 = entry >> 14;
  keepEmptyBlocks((1 << run) - 1 + (run == 0 ? 0 : <i32>takeBits(run)));
}

export function takeAc(component: i32, column: i32, row: i32, first: i32, last: i32, low: i32): bool {
  if (emptyBlocks > 0) {
    keepEmptyBlocks(emptyBlocks - 1);
    return true;
  }
  const at: usize = componentAt(component);
  const table: usize = load<usize>(at, AC_TABLE);
  const kept: i32 = load<i32>(at, KEPT);
  const coefficients: usize = coefficientsAt(at, column, row);
  const maskPlace: usize = maskAt(at, column, row);
  let mask: u64 = load<u64>(maskPlace);
  let bits: u64 = window;
  let count: i32 = held;
  let pointer: usize = next;
  let index: i32 = first;
  while (index <= last) {
    if (count < 27) {
      bits |= load<u64>(pointer - 8) >> count;
      pointer -= (63 - count) >> 3;
      count |= 56;
    }
    const entry: u32 = entryAt(table, bits, false);
    if (entry == 0) return false;
    const run: i32 = entry >> 14;
    const value: i32 = valueOf(bits, entry);
    bits <<= entry & 31;
    count -= entry & 31;
    index += run;
    if (value != 0) {
      if (index > last) return false;
      if (index < kept) store<i16>(coefficients + ((<usize>index) << 1), <i16>(value << low));
      mask |= (<u64>1) << index;
    } else if (run < 15) {
      keep(bits, count, pointer);
      store<u64>(maskPlace, mask);
      takeEmptyBlocks(entry);
      return true;
    }
    index++;
  }
  keep(bits, count, pointer);
  store<u64>(maskPlace, mask);
  return true;
}

/** Coefficients from `index` to before `end`, of those in `mask`. */
function between(mask: u64, index: i32, end: i32): u64 {
  const from: u64 = (mask >> index) << index;
  return end > 63 ? from : from & (((<u64>1) << end) - 1);
}

// The places of the bits of each byte; where a block's coefficients are zero, and behind those as many as a run can pass.
const placesOfBytes: usize = memory.data(2048, 16);
const zeros: usize = memory.data(96, 16);

function fillPlaces(): void {
  for (let byte: usize = 1; byte < 256; byte++) {
    let to: usize = placesOfBytes + (byte << 3);
    for (let bits: usize = byte; bits != 0; bits &= bits - 1) store<u8>(to++, <u8>ctz(bits));
  }
}

fillPlaces();

function listZeros(mask: u64): void {
  let to: usize = zeros;
  let left: u64 = ~mask;
  for (let base: u64 = 0; base < 0x4040404040404040; base += 0x0808080808080808) {
    const byte: usize = <usize>(left & 255);
    store<u64>(to, load<u64>(placesOfBytes + (byte << 3)) + base);
    to += popcnt(byte);
    left >>= 8;
  }
  v128.store(to, i8x16.splat(64));
}

/** Adds to the coefficients at `known` the bits at the front of `bits`, `count` of them at most, at place `low`. */
function addBits(coefficients: usize, known: u64, bits: u64, count: i32, low: i32): u64 {
  let left: u64 = known;
  let front: u64 = bits;
  for (let taken: i32 = 0; taken < count && left != 0; taken++) {
    const coefficient: usize = coefficients + ((<usize>ctz(left)) << 1);
    left &= left - 1;
    if (<i64>front < 0) {
      const value: i32 = load<i16>(coefficient);
      store<i16>(coefficient, <i16>(value < 0 ? value - (1 << low) : value + (1 << low)));
    }
    front <<= 1;
  }
  return left;
}

export function refineAc(component: i32, column: i32, row: i32, first: i32, last: i32, low: i32): bool {
  const at: usize = componentAt(component);
  const kept: i32 = load<i32>(at, KEPT);
  const coefficients: usize = coefficientsAt(at, column, row);
  const maskPlace: usize = maskAt(at, column, row);
  const before: u64 = load<u64>(maskPlace);
  const table: usize = load<usize>(at, AC_TABLE);
  let mask: u64 = before;
  let bits: u64 = window;
  let count: i32 = held;
  let pointer: usize = next;
  let index: i32 = first;
  // Of the zeros, the next one.
  let zero: i32 = <i32>popcnt(between(~before, 0, first));
  if (emptyBlocks == 0) listZeros(before);
  while (index <= last) {
    let end: i32 = 64;
    let fresh: i32 = 0;
    let left: i32 = 0;
    if (emptyBlocks == 0) {
      bits |= load<u64>(pointer - 8) >> count;
      pointer -= (63 - count) >> 3;
      count |= 56;
      const entry: u32 = entryAt(table, bits, false);
      if (entry == 0) return false;
      const run: i32 = entry >> 14;
      const size: i32 = (entry >> 10) & 15;
      fresh = valueOf(bits, entry);
      bits <<= entry & 31;
      count -= entry & 31;
      if (size == 0 && run < 15) {
        // This block is the first of them.
        keepEmptyBlocks((1 << run) + <i32>((bits >> 1) >> (63 - run)));
        bits <<= run;
        count -= run;
      } else {
        end = load<u8>(zeros + <usize>(zero + run));
        left = end - index - run;
        zero += run + 1;
        if (size > 1 || (size == 1 && end > last)) return false;
      }
    }
    // A bit for each coefficient in between that was not zero. Of those that are not kept nothing but their number matters.
    if (end > last) {
      end = last + 1;
      left = <i32>popcnt(between(before, index, end));
    }
    let known: u64 = index < kept ? between(before, index, min<i32>(end, kept)) : 0;
    while (true) {
      const taken: i32 = min<i32>(left, count);
      if (known != 0) known = addBits(coefficients, known, bits, taken, low);
      bits <<= taken;
      count -= taken;
      left -= taken;
      if (left == 0) break;
      bits |= load<u64>(pointer - 8) >> count;
      pointer -= (63 - count) >> 3;
      count |= 56;
    }
    if (fresh != 0) {
      if (end < kept) store<i16>(coefficients + ((<usize>end) << 1), <i16>(fresh << low));
      mask |= (<u64>1) << end;
    }
    index = end + 1;
  }
  if (emptyBlocks > 0) keepEmptyBlocks(emptyBlocks - 1);
  keep(bits, count, pointer);
  store<u64>(maskPlace, mask);
  return true;
}

/** Makes pixels of a component's blocks of a row of `columns` MCUs. */
export function inverseBlocks(component: i32, columns: i32, row: i32, plane: usize, stride: usize): void {
  const at: usize = componentAt(component);
  const size: i32 = load<i32>(at, SIZE);
  const down: i32 = load<i32>(at, DOWN);
  const blocks: i32 = columns * load<i32>(at, ACROSS);
  const kept: i32 = load<i32>(at, KEPT);
  const scale: usize = scaleAddress(component);
  for (let y: i32 = 0; y < down; y++) {
    let out: usize = plane + <usize>(y * size) * stride;
    for (let column: i32 = 0; column < blocks; column++) {
      const coefficients: usize = coefficientsAt(at, column, row * down + y);
      clearCoefficients(size);
      putMean(load<i16>(coefficients), scale);
      if (load<u64>(maskAt(at, column, row * down + y)) != 0) {
        for (let index: i32 = 1; index < kept; index++) {
          const value: i32 = load<i16>(coefficients + ((<usize>index) << 1));
          if (value != 0) putCoefficient(index, value, scale);
        }
      }
      inverse(size, out, stride);
      out += <usize>size;
    }
  }
}
