import type { EncodedPart } from "../contract/sink.ts";

const longestPartNameBytes = 48;

const extensions: { readonly [mediaType: string]: string } = {
  "image/jpeg": "jpg",
  "image/svg+xml": "svg",
  "image/x-icon": "ico",
  "image/vnd.microsoft.icon": "ico",
  "image/jxl": "jxl",
  "video/quicktime": "mov",
  "video/x-matroska": "mkv",
  "video/matroska": "mkv",
  "video/x-msvideo": "avi",
  "video/vnd.avi": "avi",
  "video/mpeg": "mpg",
  "video/mp2t": "ts",
  "video/x-flv": "flv",
  "video/x-m4v": "m4v",
  "video/ogg": "ogv",
  "video/3gpp": "3gp",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/x-m4a": "m4a",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/vnd.wave": "wav",
  "audio/x-flac": "flac",
  "audio/x-aiff": "aiff",
  "audio/opus": "opus",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/epub+zip": "epub",
  "application/octet-stream": "bin",
  "application/x-mcap": "mcap",
  "application/vnd.apache.parquet": "parquet",
  "text/plain": "txt",
  "text/html": "html",
  "text/markdown": "md",
  "text/csv": "csv",
  "text/xml": "xml",
  "application/json": "json",
  "application/xml": "xml",
};

/** Part names for which the extension alone says enough. */
const plainTextNames = new Set(["text", "caption"]);

/**
 * What stands behind `<key>.` in the members of one sample, part by part, and `json` is never among
 * them. Legal for every reader: lower-case ASCII letters, digits, `_`, `-`, and dots only between
 * name and extension.
 *
 * The first part of an extension that is named after its kind (text: also `caption`) has the
 * extension alone, `jpg`; every other one has its name before it, `front_camera.jpg`. Characters
 * beyond the legal ones become `_`; a number keeps names apart that would then be equal.
 */
export function memberSuffixes(parts: readonly EncodedPart[]): readonly string[] {
  const taken = new Set(["json"]);
  return parts.map((part) => {
    const extension = extensionOf(part);
    const isPlain = part.name === part.kind || (part.kind === "text" && plainTextNames.has(part.name));
    const suffix = isPlain && !taken.has(extension) ? extension : freeSuffix(legalName(part.name), extension, taken);
    taken.add(suffix);
    return suffix;
  });
}

function freeSuffix(name: string, extension: string, taken: ReadonlySet<string>): string {
  let suffix = `${name}.${extension}`;
  for (let number = 2; taken.has(suffix); number++) suffix = `${name}_${number}.${extension}`;
  return suffix;
}

function extensionOf(part: EncodedPart): string {
  if (part.kind === "embedding") return "npy";
  const known = extensions[part.mediaType];
  if (known !== undefined) return known;
  if (part.kind === "text") return "txt";
  const subtype = part.mediaType.slice(part.mediaType.indexOf("/") + 1).toLowerCase();
  return /^[a-z0-9]{1,8}$/.test(subtype) ? subtype : "bin";
}

function legalName(name: string): string {
  let legal = "";
  for (const character of name.slice(0, longestPartNameBytes).toLowerCase()) {
    legal += /^[a-z0-9_-]$/.test(character) ? character : "_";
  }
  return legal.replace(/^_+|_+$/g, "").slice(0, longestPartNameBytes) || "part";
}
