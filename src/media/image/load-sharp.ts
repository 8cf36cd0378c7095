import type sharpModule from "sharp";

export type Sharp = typeof sharpModule;

let loading: Promise<Sharp> | undefined;

/**
 * sharp, set up once a process: one thread an image (images run side by side), no cache (inputs never repeat),
 * no SVG (it can draw without bound and read files), and gain maps left alone, as every other decoder does.
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    sharp.block({ operation: ["VipsForeignLoadSvg", "VipsForeignLoadUhdr"] });
    return sharp;
  });
  return loading;
}
