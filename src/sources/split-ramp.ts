const splitsPerRung = 32;

/**
 * Size of the split at `index`: `first`, doubled every 32 splits, up to `largest`.
 *
 * A small input is thereby cut into enough splits to keep several workers busy, and a large one into few
 * small ones. Past the first 32 none is more than a sixteenth of all before it, so a kill costs a worker little of
 * what is done. It depends on the position alone, so borders depend on the input alone.
 */
export function rampedSize(index: number, first: number, largest: number): number {
  return Math.min(largest, first * 2 ** Math.min(40, Math.floor(index / splitsPerRung)));
}
