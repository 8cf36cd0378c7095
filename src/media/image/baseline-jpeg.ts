import { HeaderBytes } from "./image-header.ts";
import { type JpegSegment, jpegSegments } from "./jpeg-header.ts";

const baselineFrame = 0xc0;
const huffmanTables = 0xc4;
const startOfScan = 0xda;
const quantisationTables = 0xdb;
const restartInterval = 0xdd;
const adobe = 0xee;
const adobeSignature = "Adobe";
const otherFrames = new Set([0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

interface FrameComponent {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  readonly quantisation: number;
}

interface Tables {
  readonly steps: Map<number, Uint8Array>;
  readonly huffman: Map<string, HuffmanTable>;
}

interface HuffmanTable {
  readonly kind: "dc" | "ac";
  readonly index: number;
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

/**
 * What a decoder must know of a baseline JPEG of one component, or of Y, Cb and Cr, whose pixels lie in one scan.
 * Undefined for every other JPEG, and where a table is missing or damaged: then a library decides.
 */
export function baselineJpeg(bytes: Uint8Array) {
  const file = new HeaderBytes(bytes);
  const tables: Tables = { steps: new Map(), huffman: new Map() };
  let frame: JpegSegment | undefined;
  let interval = 0;
  for (const segment of jpegSegments(file)) {
    const { marker, payload, to } = segment;
    if (to > file.length || otherFrames.has(marker)) return undefined;
    if (marker === adobe && file.has(payload, adobeSignature) && !isYcc(file, payload)) return undefined;
    if (marker === quantisationTables && !readSteps(file, segment, tables)) return undefined;
    if (marker === huffmanTables && !readHuffman(file, segment, tables)) return undefined;
    if (marker === restartInterval) interval = file.u16(payload);
    if (marker === baselineFrame) {
      if (frame !== undefined) return undefined;
      frame = segment;
    }
    if (marker === startOfScan) {
      return frame === undefined ? undefined : scanOf(file, frame, segment, tables, interval);
    }
  }
  return undefined;
}

/** Adobe's transform: 1 = YCbCr. Files of one component have 0. */
function isYcc(file: HeaderBytes, payload: number): boolean {
  return file.u8(payload + 11) === 1;
}

function readSteps(file: HeaderBytes, { payload, to }: JpegSegment, { steps }: Tables): boolean {
  let at = payload;
  for (; at < to; at += 65) {
    const id = file.u8(at);
    // Steps of 16 bits are not baseline.
    if (id > 3 || at + 65 > to) return false;
    steps.set(id, file.bytes.subarray(at + 1, at + 65));
  }
  return at === to;
}

function readHuffman(file: HeaderBytes, { payload, to }: JpegSegment, { huffman }: Tables): boolean {
  let at = payload;
  while (at < to) {
    const [kind, index] = [file.u8(at) >> 4, file.u8(at) & 15];
    const counts = file.bytes.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (kind > 1 || index > 1 || total > 256 || at + 17 + total > to) return false;
    const table: HuffmanTable = {
      kind: kind === 0 ? "dc" : "ac",
      index,
      counts,
      symbols: file.bytes.subarray(at + 17, at + 17 + total),
    };
    huffman.set(`${table.kind}${index}`, table);
    at += 17 + total;
  }
  return at === to;
}

function scanOf(file: HeaderBytes, frame: JpegSegment, scan: JpegSegment, tables: Tables, interval: number) {
  const inFrame = frameComponents(file, frame);
  const count = file.u8(scan.payload);
  const [spectrum, approximation] = [file.u16(scan.payload + 1 + count * 2), file.u8(scan.payload + 3 + count * 2)];
  // All coefficients (0 to 63), whole.
  if (inFrame === undefined || count !== inFrame.length || spectrum !== 63 || approximation !== 0) return undefined;
  const components = [];
  for (const [index, { id, across, down, quantisation }] of inFrame.entries()) {
    const at = scan.payload + 1 + index * 2;
    const [dcTable, acTable] = [file.u8(at + 1) >> 4, file.u8(at + 1) & 15];
    const steps = tables.steps.get(quantisation);
    if (file.u8(at) !== id || steps === undefined) return undefined;
    if (!tables.huffman.has(`dc${dcTable}`) || !tables.huffman.has(`ac${acTable}`)) return undefined;
    components.push({ across, down, steps, dcTable, acTable });
  }
  return {
    width: file.u16(frame.payload + 3),
    height: file.u16(frame.payload + 1),
    components,
    tables: [...tables.huffman.values()],
    restartInterval: interval,
    from: scan.to,
  };
}

function frameComponents(file: HeaderBytes, { payload, to }: JpegSegment): readonly FrameComponent[] | undefined {
  const count = file.u8(payload + 5);
  if (file.u8(payload) !== 8 || (count !== 1 && count !== 3) || payload + 6 + count * 3 !== to) return undefined;
  const components = Array.from({ length: count }, (_, index): FrameComponent => {
    const at = payload + 6 + index * 3;
    const sampling = file.u8(at + 1);
    // One component alone comes block by block, whatever its sampling.
    const [across, down] = count === 1 ? [1, 1] : [sampling >> 4, sampling & 15];
    return { id: file.u8(at), across, down, quantisation: file.u8(at + 2) };
  });
  const isSampled = components.every(({ across, down }) => across > 0 && down > 0);
  // Pixels that are stored as RGB are named so where no Adobe segment says it.
  const isRgb = components.map(({ id }) => String.fromCharCode(id)).join("") === "RGB";
  return isSampled && !isRgb ? components : undefined;
}
