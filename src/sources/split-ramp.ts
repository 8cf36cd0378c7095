const splitsPerRung = 8;

/**
 * Size of the split at `index`: `first`, doubled every eight splits, up to `largest`.
 *
 * A small input is thereby cut into enough splits to keep several workers busy, and a large one into few
 * small ones. It depends on the position alone, so borders depend on the input alone.
 */
export function rampedSize(index: number, first: number, largest: number): number {
  return Math.min(largest, first * 2 ** Math.min(40, Math.floor(index / splitsPerRung)));
}
