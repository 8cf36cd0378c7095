/** img2dataset's resize modes, by its names. */
export const resizeModes = ["no", "border", "keep_ratio", "keep_ratio_largest", "center_crop"] as const;
export type ResizeMode = (typeof resizeModes)[number];

/** Where each axis of a resized image comes from and goes to. */
export interface ResizeGeometry {
  /** The whole image is scaled to this… */
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /** …of which this window is kept… */
  readonly left: number;
  readonly top: number;
  readonly keptWidth: number;
  readonly keptHeight: number;
  /** …and laid on a canvas at this place. */
  readonly canvasWidth: number;
  readonly canvasHeight: number;
  readonly marginLeft: number;
  readonly marginTop: number;
  readonly isDownscale: boolean;
}

/**
 * What `mode` makes of an image, after img2dataset 1.47 and albumentations: sides round half to even,
 * crops and borders put the odd pixel right and below. Undefined: the pixels stay as they are.
 */
export function resizeGeometry(
  mode: ResizeMode,
  size: number,
  onlyIfBigger: boolean,
  width: number,
  height: number,
): ResizeGeometry | undefined {
  if (mode === "no") return undefined;
  const fitsLongest = mode === "border" || mode === "keep_ratio_largest";
  const side = fitsLongest ? Math.max(width, height) : Math.min(width, height);
  const isDownscale = side > size;
  if (onlyIfBigger && !isDownscale) return undefined;
  const scale = size / side;
  const scaledWidth = Math.max(1, roundHalfToEven(width * scale));
  const scaledHeight = Math.max(1, roundHalfToEven(height * scale));
  const keptWidth = mode === "center_crop" ? Math.min(size, scaledWidth) : scaledWidth;
  const keptHeight = mode === "center_crop" ? Math.min(size, scaledHeight) : scaledHeight;
  const canvasWidth = mode === "border" ? size : keptWidth;
  const canvasHeight = mode === "border" ? size : keptHeight;
  return {
    scaledWidth,
    scaledHeight,
    left: Math.floor((scaledWidth - keptWidth) / 2),
    top: Math.floor((scaledHeight - keptHeight) / 2),
    keptWidth,
    keptHeight,
    canvasWidth,
    canvasHeight,
    marginLeft: Math.floor((canvasWidth - keptWidth) / 2),
    marginTop: Math.floor((canvasHeight - keptHeight) / 2),
    isDownscale,
  };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Scales the whole image, with nothing cut off and nothing added. */
export function wholeGeometry(width: number, height: number, isDownscale: boolean): ResizeGeometry {
  return {
    scaledWidth: width,
    scaledHeight: height,
    left: 0,
    top: 0,
    keptWidth: width,
    keptHeight: height,
    canvasWidth: width,
    canvasHeight: height,
    marginLeft: 0,
    marginTop: 0,
    isDownscale,
  };
}
