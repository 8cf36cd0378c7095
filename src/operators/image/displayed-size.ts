import { contentHeader } from "../../media/image/content-header.ts";
import { PixelContent } from "../../media/image/pixels.ts";
import type { Part } from "../../model/sample.ts";
import { requireImage } from "./require-image.ts";

export type DisplayedSize = { readonly imageWidth: number; readonly imageHeight: number };

/** Width and height as displayed (after the EXIF orientation), from the header alone. */
export function displayedSize(part: Part): DisplayedSize | Promise<DisplayedSize> {
  const { content } = requireImage(part);
  if (content instanceof PixelContent) return sizeOf(content.pixels);
  const header = contentHeader(content);
  return header instanceof Promise ? header.then(sizeOf) : sizeOf(header);
}

function sizeOf(image: { readonly width: number; readonly height: number }): DisplayedSize {
  return { imageWidth: image.width, imageHeight: image.height };
}
