// AssemblyScript: see ../jpeg.ts.

/** Bits that the tables of symbols look at: longer codes are rare and looked up by their length. */
export const LOOK: i32 = 10;
/** Bits that the tables of skips look at. */
export const SKIP: i32 = 12;
/** Run of an end of block: behind any coefficient. */
export const END_RUN: i32 = 128;

const SYMBOL_BYTES: usize = 4 << LOOK;
const SKIP_BYTES: usize = 4 << SKIP;
// For each length of a code: its largest, and how far its symbols lie behind it. Then the symbols.
const LARGEST: usize = SYMBOL_BYTES + SKIP_BYTES;
const SHIFTS: usize = LARGEST + 72;
const SYMBOLS: usize = SHIFTS + 72;
const TABLE_BYTES: usize = SYMBOLS + 256 + 16;
/** Of an entry of the skips that takes no symbol: more coefficients than a block has. */
const NOTHING: u32 = 127 << 8;

// DC 0, DC 1, AC 0, AC 1.
const tables: usize = memory.data(83968, 16);
// Of the symbol 0: what follows it in progressive scans is for `progressive.ts` to say.
let emptyRun: i32 = END_RUN;

/** Whether tables filled from now on are those of progressive scans: they have no skips. */
export function setProgressive(isProgressive: i32): void {
  emptyRun = isProgressive != 0 ? 0 : END_RUN;
}

export function tableAt(index: i32): usize {
  return tables + <usize>index * TABLE_BYTES;
}

/** What the bits at the front of `window` stand for; 0 where they are no code. See `entryOf`. */
export function entryAt(table: usize, window: u64, isDc: bool): u32 {
  const entry: u32 = load<u32>(table + ((<usize>(window >> (64 - LOOK))) << 2));
  return entry == 0 ? longEntry(table, window, isDc) : entry;
}

/** The value that the bits of `entry` behind its code stand for: the highest tells its sign (F.12 of ITU-T T.81). */
export function valueOf(window: u64, entry: u32): i32 {
  const tail: u64 = window << ((entry >> 5) & 31);
  const size: i32 = (entry >> 10) & 15;
  return <i32>((tail >> 1) >> (63 - size)) + (<i32>(<i64>~tail >> 63) & (1 - (1 << size)));
}

/** As many symbols as lie whole within the bits at the front of `window`. See `skipOf`. */
export function skipAt(table: usize, window: u64): u32 {
  return load<u32>(table + SYMBOL_BYTES + ((<usize>(window >> (64 - SKIP))) << 2));
}

/**
 * Makes table `index` (DC 0, DC 1, AC 0, AC 1) of the sixteen `counts` and the `symbols` of a DHT segment. 0 when they are
 * none: more codes than their lengths allow, or a DC difference of more than 11 bits.
 */
export function fillTable(index: i32, counts: usize, symbols: usize): i32 {
  const table: usize = tableAt(index);
  const isDc: bool = index < 2;
  memory.fill(table, 0, TABLE_BYTES);
  let code: i32 = 0;
  let at: i32 = 0;
  for (let length: i32 = 1; length <= 16; length++) {
    const count: i32 = load<u8>(counts + length - 1);
    const slot: usize = table + ((<usize>length) << 2);
    store<i32>(slot, at - code, SHIFTS);
    store<i32>(slot, code + count - 1, LARGEST);
    if (code + count > 1 << length || at + count > 256) return 0;
    for (let last: i32 = at + count; at < last; at++) {
      const symbol: i32 = load<u8>(symbols + at);
      if (isDc && symbol > 11) return 0;
      store<u8>(table + <usize>at, <u8>symbol, SYMBOLS);
      if (length <= LOOK) repeat(table, code << (LOOK - length), 1 << (LOOK - length), entryOf(symbol, length, isDc));
      code++;
    }
    code <<= 1;
  }
  if (!isDc && emptyRun == END_RUN) {
    for (let bits: i32 = 0; bits < 1 << SKIP; bits++) {
      store<u32>(table + ((<usize>bits) << 2), skipOf(table, bits), SYMBOL_BYTES);
    }
  }
  return 1;
}

function repeat(table: usize, from: i32, times: i32, entry: u32): void {
  for (let at: i32 = from; at < from + times; at++) store<u32>(table + ((<usize>at) << 2), entry);
}

// Bits in all (0-4), bits of the code (5-9), bits of the value (10-13), zeros before it (14 on).
function entryOf(symbol: i32, length: i32, isDc: bool): u32 {
  const size: i32 = symbol & 15;
  const run: i32 = isDc ? 0 : symbol == 0 ? emptyRun : symbol >> 4;
  return <u32>((run << 14) | (size << 10) | (length << 5) | (length + size));
}

// Bits in all (0-7), coefficients that they take, and one for an end of block (8-15), the same with END_RUN for it (16 on).
function skipOf(table: usize, window: i32): u32 {
  let bits: i32 = 0;
  let advance: i32 = 0;
  while (true) {
    const ahead: i32 = ((window << bits) & ((1 << SKIP) - 1)) >> (SKIP - LOOK);
    const entry: u32 = load<u32>(table + ((<usize>ahead) << 2));
    const total: i32 = entry & 31;
    if (entry == 0 || bits + total > SKIP) break;
    const run: i32 = entry >> 14;
    if (run == END_RUN) return <u32>(((advance + END_RUN) << 16) | ((advance + 1) << 8) | (bits + total));
    if (advance + run + 1 > 63) break;
    advance += run + 1;
    bits += total;
  }
  return bits == 0 ? NOTHING : <u32>((advance << 16) | (advance << 8) | bits);
}

function longEntry(table: usize, window: u64, isDc: bool): u32 {
  for (let length: i32 = LOOK + 1; length <= 16; length++) {
    const code: i32 = <i32>(window >> (64 - length));
    const slot: usize = table + ((<usize>length) << 2);
    if (code <= load<i32>(slot, LARGEST)) {
      return entryOf(load<u8>(table + <usize>(code + load<i32>(slot, SHIFTS)), SYMBOLS), length, isDc);
    }
  }
  return 0;
}
