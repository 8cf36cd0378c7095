import type { OpenedSource, Split } from "../contract/source.ts";

/** The input as listing tells it, in bounded memory. */
export interface ListedInput {
  readonly splits: number;
  readonly files: number;
  readonly bytes: number;
  /** Null when only reading would tell. */
  readonly samples: number | null;
  readonly largestSplitBytes: number;
  /** The first ones, for a person to look at. */
  readonly first: readonly Split[];
  /** Splits spread evenly over the whole input, for probing. */
  readonly spread: readonly Split[];
}

const mostShown = 8;
const mostSpread = 64;

/** Lists every split. Rejects with INPUT_NOT_FOUND or INPUT_EMPTY. */
export async function listSplits(source: OpenedSource, signal: AbortSignal): Promise<ListedInput> {
  let [splits, files, bytes, largestSplitBytes] = [0, 0, 0, 0];
  let samples: number | null = 0;
  const first: Split[] = [];
  let spread: Split[] = [];
  let stride = 1;
  for await (const split of source.splits(signal)) {
    if (first.length < mostShown) first.push(split);
    if (splits % stride === 0) spread.push(split);
    if (spread.length === mostSpread * 2) {
      // Thinning keeps what is held evenly spaced, however long the listing turns out to be.
      spread = spread.filter((_, index) => index % 2 === 0);
      stride *= 2;
    }
    splits++;
    files += split.files.length;
    bytes += split.bytes;
    largestSplitBytes = Math.max(largestSplitBytes, split.bytes);
    samples = samples === null || split.samples === undefined ? null : samples + split.samples;
  }
  return { splits, files, bytes, samples, largestSplitBytes, first, spread };
}
