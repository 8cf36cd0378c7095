import type { Content } from "../../model/content.ts";
import type { ImageHeader } from "./image-header.ts";
import { probeImage } from "./probe-image.ts";

const headers = new WeakMap<Content, ImageHeader>();

/**
 * Header of an image in encoded bytes, read once a content. At once when the bytes are in memory and the format is a
 * common one. Throws or rejects as `probeImage` does, and when the bytes cannot be read.
 */
export function contentHeader(content: Content): ImageHeader | Promise<ImageHeader> {
  const known = headers.get(content);
  if (known !== undefined) return known;
  const bytes = content.peek();
  if (bytes === undefined) return content.bytes().then((read) => probe(content, read));
  return probe(content, bytes);
}

function probe(content: Content, bytes: Uint8Array): ImageHeader | Promise<ImageHeader> {
  const header = probeImage(bytes);
  if (header instanceof Promise) return header.then((known) => remember(content, known));
  return remember(content, header);
}

function remember(content: Content, header: ImageHeader): ImageHeader {
  headers.set(content, header);
  return header;
}
