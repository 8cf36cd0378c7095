import { HeaderBytes } from "./image-header.ts";
import { type JpegSegment, jpegSegments } from "./jpeg-header.ts";

const baselineFrame = 0xc0;
const progressiveFrame = 0xc2;
const huffmanTables = 0xc4;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const quantisationTables = 0xdb;
const restartInterval = 0xdd;
const adobe = 0xee;
const adobeSignature = "Adobe";
const otherFrames = new Set([0xc1, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Encoders make ten; thousands are an attack. */
const mostScans = 64;

interface FrameComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly steps: Uint8Array;
}

interface HuffmanTable {
  readonly kind: "dc" | "ac";
  readonly index: number;
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

interface ScanComponent {
  readonly component: number;
  readonly dcTable: number;
  readonly acTable: number;
}

interface Scan {
  readonly components: readonly ScanComponent[];
  /** Huffman tables that are new since the scan before. */
  readonly tables: readonly HuffmanTable[];
  readonly restartInterval: number;
  /** Where entropy-coded bytes begin. */
  readonly from: number;
  /** Where the marker behind them lies; of a baseline file's only scan the end of the file. */
  readonly to: number;
  /** Coefficients, in the order of the file. */
  readonly first: number;
  readonly last: number;
  /** The bit, of the coefficients' lowest, that came before; 0 in a first scan. */
  readonly high: number;
  readonly low: number;
}

/** What components mean: one of grey; Y, Cb and Cr; inks; or Y, Cb and Cr of the coloured inks, and black. */
type Colours = "grey" | "ycc" | "cmyk" | "ycck";

/**
 * What a decoder must know of a JPEG that is baseline in one scan or progressive. `isInverted`: inks are 255 where there is
 * none, which is how Adobe's programs store them.
 * Undefined for every other JPEG, and where a table is missing or damaged: then a library decides.
 */
export function jpegScans(bytes: Uint8Array) {
  const reader = new ScanReader(bytes);
  return reader.read();
}

class ScanReader {
  readonly #file: HeaderBytes;
  readonly #steps = new Map<number, Uint8Array>();
  readonly #defined = new Set<string>();
  readonly #scans: Scan[] = [];
  #fresh: HuffmanTable[] = [];
  #frame: JpegSegment | undefined;
  #components: readonly FrameComponent[] | undefined;
  #interval = 0;
  /** As an Adobe segment says: 0 = as they are, 1 = YCbCr, 2 = YCCK. */
  #transform: number | undefined;

  constructor(bytes: Uint8Array) {
    this.#file = new HeaderBytes(bytes);
  }

  read() {
    const file = this.#file;
    let at = 2;
    while (this.#scans.length < mostScans) {
      let scan: Scan | undefined;
      for (const segment of jpegSegments(file, at)) {
        if (segment.to > file.length || !this.#takes(segment)) return undefined;
        if (segment.marker === startOfScan) scan = this.#scan(segment);
      }
      const [components, frame, colours] = [this.#components, this.#frame, this.#colours()];
      if (scan === undefined || components === undefined || frame === undefined || colours === undefined) {
        return undefined;
      }
      this.#scans.push(scan);
      if (frame.marker === baselineFrame || file.u8(scan.to + 1) === endOfImage) {
        return {
          width: file.u16(frame.payload + 3),
          height: file.u16(frame.payload + 1),
          isProgressive: frame.marker === progressiveFrame,
          colours,
          isInverted: this.#transform !== undefined,
          components: components.map(({ across, down, steps }) => ({ across, down, steps })),
          scans: this.#scans,
        };
      }
      at = scan.to;
    }
    return undefined;
  }

  /** Notes what a segment says; false where that is out of the ordinary. */
  #takes(segment: JpegSegment): boolean {
    const { marker, payload } = segment;
    const file = this.#file;
    if (otherFrames.has(marker)) return false;
    if (marker === adobe && file.has(payload, adobeSignature)) this.#transform = file.u8(payload + 11);
    // The steps of the frame are those before its first scan.
    if (marker === quantisationTables) return this.#scans.length === 0 && this.#readSteps(segment);
    if (marker === huffmanTables) return this.#readHuffman(segment);
    if (marker === restartInterval) this.#interval = file.u16(payload);
    if (marker !== baselineFrame && marker !== progressiveFrame) return true;
    if (this.#frame !== undefined) return false;
    this.#frame = segment;
    return true;
  }

  #readSteps({ payload, to }: JpegSegment): boolean {
    let at = payload;
    for (; at < to; at += 65) {
      const id = this.#file.u8(at);
      // Steps of 16 bits belong to pixels of 12.
      if (id > 3 || at + 65 > to) return false;
      this.#steps.set(id, this.#file.bytes.subarray(at + 1, at + 65));
    }
    return at === to;
  }

  #readHuffman({ payload, to }: JpegSegment): boolean {
    const file = this.#file;
    let at = payload;
    while (at < to) {
      const [kind, index] = [file.u8(at) >> 4, file.u8(at) & 15];
      const counts = file.bytes.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (kind > 1 || index > 1 || total > 256 || at + 17 + total > to) return false;
      const symbols = file.bytes.subarray(at + 17, at + 17 + total);
      const table = { kind: kind === 0 ? "dc" : "ac", index, counts, symbols } as const;
      this.#fresh.push(table);
      this.#defined.add(`${table.kind}${index}`);
      at += 17 + total;
    }
    return at === to;
  }

  #scan({ payload, to: from }: JpegSegment): Scan | undefined {
    const file = this.#file;
    this.#components ??= this.#frameComponents();
    const count = file.u8(payload);
    const tail = payload + 1 + count * 2;
    const [first, last, high, low] = [file.u8(tail), file.u8(tail + 1), file.u8(tail + 2) >> 4, file.u8(tail + 2) & 15];
    const isProgressive = this.#frame?.marker === progressiveFrame;
    const to = isProgressive ? nextMarker(file.bytes, from) : file.length;
    const components = this.#scanComponents(payload, count, first, high);
    if (components === undefined || to === undefined || tail + 3 !== from) return undefined;
    const isKnown = isProgressive
      ? isProgressiveBand(components.length, first, last, high, low)
      : components.length === this.#components?.length && first === 0 && last === 63 && high === 0 && low === 0;
    if (!isKnown) return undefined;
    const tables = this.#fresh;
    this.#fresh = [];
    return { components, tables, restartInterval: this.#interval, from, to, first, last, high, low };
  }

  #scanComponents(payload: number, count: number, first: number, high: number): ScanComponent[] | undefined {
    const file = this.#file;
    const isProgressive = this.#frame?.marker === progressiveFrame;
    const found: ScanComponent[] = [];
    for (let index = 0; index < count; index++) {
      const at = payload + 1 + index * 2;
      const component = this.#components?.findIndex(({ id }) => id === file.u8(at)) ?? -1;
      const [dcTable, acTable] = [file.u8(at + 1) >> 4, file.u8(at + 1) & 15];
      const needsDc = first === 0 && high === 0;
      const needsAc = !isProgressive || first > 0;
      if (needsDc && !this.#defined.has(`dc${dcTable}`)) return undefined;
      if (needsAc && !this.#defined.has(`ac${acTable}`)) return undefined;
      // In the order of the frame, as they must be.
      if (component <= (found.at(-1)?.component ?? -1)) return undefined;
      found.push({ component, dcTable: dcTable & 1, acTable: acTable & 1 });
    }
    return found.length === 0 ? undefined : found;
  }

  #frameComponents(): readonly FrameComponent[] | undefined {
    if (this.#frame === undefined) return undefined;
    const { payload, to } = this.#frame;
    const file = this.#file;
    const count = file.u8(payload + 5);
    if (file.u8(payload) !== 8 || (count !== 1 && count !== 3 && count !== 4) || payload + 6 + count * 3 !== to)
      return undefined;
    const components: FrameComponent[] = [];
    for (let at = payload + 6; at < to; at += 3) {
      const sampling = file.u8(at + 1);
      // One component alone comes block by block, whatever its sampling.
      const [across, down] = count === 1 ? [1, 1] : [sampling >> 4, sampling & 15];
      const steps = this.#steps.get(file.u8(at + 2));
      if (steps === undefined || across === 0 || down === 0) return undefined;
      components.push({ id: file.u8(at), across, down, steps });
    }
    return components;
  }

  /** As libjpeg understands them; undefined for RGB, and where the Adobe segment says what it knows nothing of. */
  #colours(): Colours | undefined {
    const components = this.#components ?? [];
    const transform = this.#transform;
    if (components.length === 1) return "grey";
    if (components.length === 4) {
      if (transform === undefined || transform === 0) return "cmyk";
      return transform === 2 ? "ycck" : undefined;
    }
    // Where no Adobe segment says that pixels are stored as RGB, names of components do.
    const names = components.map(({ id }) => String.fromCharCode(id)).join("");
    return (transform === undefined && names !== "RGB") || transform === 1 ? "ycc" : undefined;
  }
}

/** G.1.1.1.1 of ITU-T T.81: DC of several components, or AC of one; bits one after the other. */
function isProgressiveBand(components: number, first: number, last: number, high: number, low: number): boolean {
  const isBand = first === 0 ? last === 0 : components === 1 && first <= last && last < 64;
  return isBand && low < 14 && (high === 0 || high === low + 1);
}

/** Of the marker behind entropy-coded bytes. */
function nextMarker(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0xff;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return undefined;
}
