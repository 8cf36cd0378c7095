import v8 from "node:v8";
import type { Split } from "../contract/source.ts";

/** What so many files leave in the heap is more than a young generation that may grow. */
const manyFiles = 32_768;

/** Bytes of a young generation that is large enough. What it grows to beyond saves no time, and is not given back. */
const enoughBytes = 6 * 1024 * 1024;

/**
 * The splits, as they come. Once they name many files the young generation may grow somewhat, which the command line
 * keeps it from: a split of a thousand samples is a megabyte that lives for a moment, and in a generation of that size
 * all of it is copied again and again. (200,000 files: a third of the coordinator's time.) It is kept from it again
 * behind the last. For a process of its own: the flag is that of all code in it.
 */
export async function* withRoomForMany(splits: AsyncIterable<Split>): AsyncGenerator<Split> {
  let files = 0;
  try {
    for await (const split of splits) {
      files += split.files.length;
      if (files >= manyFiles) growYoungBy(youngBytes() < enoughBytes ? 2 : 1);
      yield split;
    }
  } finally {
    if (files >= manyFiles) growYoungBy(1);
  }
}

function growYoungBy(factor: 1 | 2): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngBytes(): number {
  return v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}
