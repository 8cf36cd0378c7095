import type { HeaderBytes, ImageHeader } from "./image-header.ts";

const imageDescriptor = 0x2c;
const extensionIntroducer = 0x21;
const trailer = 0x3b;
const comment = 0xfe;
const application = 0xff;

export interface GifBlock {
  readonly kind: "header" | "image" | "extension" | "trailer";
  readonly from: number;
  readonly to: number;
}

/** Blocks in order; the first is the header with the palette. Ends at the trailer, or where the file is cut or senseless. */
export function* gifBlocks(file: HeaderBytes): Generator<GifBlock> {
  let from = 13 + paletteBytes(file.u8(10));
  yield { kind: "header", from: 0, to: from };
  for (;;) {
    const introducer = file.u8(from);
    let to: number;
    if (introducer === imageDescriptor) to = skipSubBlocks(file, from + 11 + paletteBytes(file.u8(from + 9)));
    else if (introducer === extensionIntroducer) to = skipSubBlocks(file, from + 2);
    else {
      if (introducer === trailer) yield { kind: "trailer", from, to: from + 1 };
      return;
    }
    yield { kind: introducer === imageDescriptor ? "image" : "extension", from, to };
    from = to;
  }
}

/** Comments, XMP and ICC profiles; not what times or loops an animation. */
export function isGifMetadata(file: HeaderBytes, block: GifBlock): boolean {
  if (block.kind !== "extension") return false;
  const label = file.u8(block.from + 1);
  const isProfile = file.has(block.from + 3, "XMP Data") || file.has(block.from + 3, "ICCRGBG1");
  return label === comment || (label === application && isProfile);
}

/** Undefined when the logical screen is cut. */
export function gifHeader(file: HeaderBytes): ImageHeader | undefined {
  const width = file.u16(6, true);
  const height = file.u16(8, true);
  if (width < 1 || height < 1 || file.u8(12) < 0) return undefined;
  let frames = 0;
  for (const block of gifBlocks(file)) if (block.kind === "image") frames++;
  return {
    format: "gif",
    width,
    height,
    orientation: 1,
    colourModel: "rgb",
    hasAlpha: true,
    bitDepth: 8,
    isProgressive: false,
    pages: Math.max(1, frames),
    profile: "none",
  };
}

function paletteBytes(flags: number): number {
  return flags >= 0 && (flags & 0x80) !== 0 ? 3 << ((flags & 7) + 1) : 0;
}

function skipSubBlocks(file: HeaderBytes, from: number): number {
  let at = from;
  for (let length = file.u8(at); length > 0; length = file.u8(at)) at += length + 1;
  return at + 1;
}
