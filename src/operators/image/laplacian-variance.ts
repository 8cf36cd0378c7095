/**
 * Variance of the Laplacian of a grey image: `cv2.Laplacian(grey, cv2.CV_64F).var()` of OpenCV 5.0
 * (3x3 kernel 0 1 0 / 1 -4 1 / 0 1 0, borders mirrored without repeating the edge). Exact: sums are integers.
 */
export function laplacianVariance(grey: Uint8Array, width: number, height: number): number {
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const above = mirrored(y - 1, height) * width;
    const below = mirrored(y + 1, height) * width;
    for (let x = 0; x < width; x++) {
      const left = x === 0 ? mirrored(-1, width) : x - 1;
      const right = x === width - 1 ? mirrored(width, width) : x + 1;
      const value =
        (grey[above + x] ?? 0) +
        (grey[below + x] ?? 0) +
        (grey[row + left] ?? 0) +
        (grey[row + right] ?? 0) -
        4 * (grey[row + x] ?? 0);
      sum += value;
      squares += value * value;
    }
  }
  const count = width * height;
  const mean = sum / count;
  return squares / count - mean * mean;
}

/** Position inside 0 .. size-1 that a position one step outside mirrors to. */
function mirrored(position: number, size: number): number {
  if (size === 1) return 0;
  if (position < 0) return -position;
  return position < size ? position : 2 * size - 2 - position;
}
