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
    items.push(...(await itemsOf(source, split, share, stop.signal)));
  }
  return items;
}

async function itemsOf(
  source: OpenedSource,
  split: Split,
  count: number,
  signal: AbortSignal,
): Promise<readonly SourceItem[]> {
  const items: SourceItem[] = [];
  if (count <= 0) return items;
  try {
    for await (const batch of source.read(split, signal)) {
      items.push(...batch.slice(0, count - items.length));
      if (items.length >= count) break;
    }
  } catch (error) {
    // A damaged container: the run that follows reports it as a failed split, by name.
    if (!(error instanceof PipelineError)) throw error;
  }
  return items;
}
