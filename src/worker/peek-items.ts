import type { OpenedSource, SourceItem, Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";

/** Up to `count` items of a source, spread evenly over the splits given; each split is read from its start, no further than needed. */
export async function peekItems(
  source: OpenedSource,
  splits: readonly Split[],
  count: number,
): Promise<readonly SourceItem[]> {
  const stop = new AbortController();
  const items: SourceItem[] = [];
  for (const [index, split] of splits.entries()) {
    const share = Math.ceil((count - items.length) / (splits.length - index));
    try {
      for await (const item of peekSplit(source, split, share, stop.signal)) items.push(item);
    } catch (error) {
      // A damaged container: the run that follows reports it as a failed split, by name.
      if (!(error instanceof PipelineError)) throw error;
    }
  }
  return items;
}

/** The first `count` items of a split, one by one. Throws what the source throws. */
export async function* peekSplit(
  source: OpenedSource,
  split: Split,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<SourceItem> {
  let left = count;
  if (left <= 0) return;
  for await (const batch of source.read(split, signal)) {
    for (const item of batch) {
      yield item;
      left--;
      if (left === 0) return;
    }
  }
}
