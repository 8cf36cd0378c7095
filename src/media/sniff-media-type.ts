import { looksBinary, sniffText } from "./sniff-text.ts";
import type { SniffedType } from "./sniffed-type.ts";

/** Bytes from the start of a file with which every format that is known here can be told. */
export const sniffedHeadBytes = 64 * 1024;

const jpeg: SniffedType = { kind: "image", mediaType: "image/jpeg", extension: "jpg" };
const png: SniffedType = { kind: "image", mediaType: "image/png", extension: "png" };
const gif: SniffedType = { kind: "image", mediaType: "image/gif", extension: "gif" };
const webp: SniffedType = { kind: "image", mediaType: "image/webp", extension: "webp" };
const tiff: SniffedType = { kind: "image", mediaType: "image/tiff", extension: "tif" };
const wav: SniffedType = { kind: "audio", mediaType: "audio/wav", extension: "wav" };
const mp3: SniffedType = { kind: "audio", mediaType: "audio/mpeg", extension: "mp3" };
const pdf: SniffedType = { kind: "document", mediaType: "application/pdf", extension: "pdf" };
const rtf: SniffedType = { kind: "document", mediaType: "application/rtf", extension: "rtf" };
const postscript: SniffedType = { kind: "document", mediaType: "application/postscript", extension: "ps" };
const mcap: SniffedType = { kind: "series", mediaType: "application/x-mcap", extension: "mcap" };
const rosbag: SniffedType = { kind: "series", mediaType: "application/x-rosbag", extension: "bag" };
const unknownBytes: SniffedType = { kind: "bytes", mediaType: "application/octet-stream", extension: "bin" };
const plainText: SniffedType = { kind: "text", mediaType: "text/plain", extension: "txt" };

/** Names that the library gives, and what they are called here: registered names where there are any. */
const renamed: { readonly [mediaType: string]: string } = {
  "audio/x-m4a": "audio/mp4",
  "audio/x-flac": "audio/flac",
  "audio/opus": "audio/ogg",
  "audio/ogg; codecs=opus": "audio/ogg",
  "video/x-matroska": "video/matroska",
  "video/vnd.avi": "video/x-msvideo",
  "image/apng": "image/png",
};

const documentTypes = new Set([
  "application/epub+zip",
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
  "application/x-cfb",
  "application/x-mobipocket-ebook",
  "application/pdf",
  "application/rtf",
  "application/postscript",
]);

/**
 * What content is, told by its first bytes and never by a name: `head` is the whole of it (`isWhole`)
 * or its first `sniffedHeadBytes`. The common image formats, PDF and text are answered at once.
 *
 * SVG is a `document` (it is never rasterised), HTML and JSON are `text`. Text in an unknown encoding is `text`
 * too, so that whoever decodes it can name the byte that is wrong. What nothing recognises is `bytes`.
 */
export function sniffMediaType(head: Uint8Array, isWhole: boolean): SniffedType | Promise<SniffedType> {
  return sniffSignature(head) ?? sniffText(head, isWhole) ?? sniffByLibrary(head);
}

function sniffSignature(head: Uint8Array): SniffedType | undefined {
  switch (head[0]) {
    case 0xff:
      return head[1] === 0xd8 && head[2] === 0xff ? jpeg : undefined;
    case 0x89:
      if (startsWith(head, "PNG\r\n\x1a\n", 1)) return png;
      return startsWith(head, "MCAP0\r\n", 1) ? mcap : undefined;
    case 0x47:
      return startsWith(head, "GIF87a") || startsWith(head, "GIF89a") ? gif : undefined;
    case 0x52:
      if (!startsWith(head, "RIFF")) return undefined;
      if (startsWith(head, "WEBP", 8)) return webp;
      return startsWith(head, "WAVE", 8) ? wav : undefined;
    case 0x25:
      if (startsWith(head, "%PDF-")) return pdf;
      return startsWith(head, "%!PS") ? postscript : undefined;
    case 0x7b:
      return startsWith(head, "{\\rtf") ? rtf : undefined;
    case 0x23:
      return startsWith(head, "#ROSBAG V2.") ? rosbag : undefined;
    default:
      return undefined;
  }
}

async function sniffByLibrary(head: Uint8Array): Promise<SniffedType> {
  const { fileTypeFromBuffer } = await import("file-type");
  const found = await fileTypeFromBuffer(head).catch((error: unknown) => {
    // Damaged or cut content ends the library's parsers early; it then stays what nothing recognises.
    if (error instanceof Error) return undefined;
    throw error;
  });
  if (found !== undefined) {
    const mediaType = renamed[found.mime] ?? found.mime;
    return { kind: kindOf(mediaType), mediaType, extension: found.ext };
  }
  // The library follows pointers into the rest of the file, which a head does not have.
  if (startsWith(head, "II*\0") || startsWith(head, "MM\0*")) return tiff;
  if (startsWith(head, "ID3")) return mp3;
  return looksBinary(head) ? unknownBytes : plainText;
}

function kindOf(mediaType: string): SniffedType["kind"] {
  if (mediaType.startsWith("image/")) return "image";
  if (mediaType.startsWith("video/") || mediaType === "application/mxf") return "video";
  if (mediaType.startsWith("audio/")) return "audio";
  if (
    documentTypes.has(mediaType) ||
    mediaType.startsWith("application/vnd.openxmlformats-officedocument.") ||
    mediaType.startsWith("application/vnd.oasis.opendocument.") ||
    mediaType.startsWith("application/vnd.ms-")
  ) {
    return "document";
  }
  return "bytes";
}

function startsWith(bytes: Uint8Array, signature: string, offset = 0): boolean {
  for (let index = 0; index < signature.length; index++) {
    if (bytes[offset + index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}
