import { z } from "zod";
import type { InputFile, Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { type ByteLine, byteLines } from "./byte-lines.ts";
import type { ListedFile } from "./list-input.ts";
import { compressionOf, corrupt, streamDecompressed, streamRange } from "./open-bytes.ts";
import { rampedSize } from "./split-ramp.ts";

const firstSplitBytes = 2 * 2 ** 20;

const locatorSchema = z.strictObject({
  relative: z.string(),
  compression: z.enum(["none", "gzip", "zstd"]),
  /** The split owns the lines whose first byte is in [start, end) of the file; end null = all of them. */
  start: z.number(),
  end: z.number().nullable(),
});

export interface LineSplit extends z.output<typeof locatorSchema> {
  readonly file: InputFile;
}

/**
 * One split a file or, with `splitBytes`, byte ranges of at most that size of files that are not
 * compressed; the first of them are smaller, so that small inputs keep several workers busy. Rejects with INPUT_EMPTY when every file is empty.
 */
export async function* cutLineSplits(
  files: AsyncIterable<ListedFile>,
  splitBytes: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Split> {
  let empty = 0;
  let firstEmpty = "";
  let hasContent = false;
  let index = 0;
  for await (const { relative, ...file } of files) {
    if (file.bytes === 0) {
      firstEmpty ||= file.uri;
      empty++;
      continue;
    }
    hasContent = true;
    const compression = await compressionOf(file, signal);
    const isWhole = compression !== "none" || splitBytes === undefined;
    for (let start = 0; start < file.bytes; index++) {
      const size = isWhole ? file.bytes : rampedSize(index, firstSplitBytes, splitBytes);
      const rest = file.bytes - start;
      // The last two share what is left, so that neither is a sliver.
      const length = rest <= size ? rest : Math.min(size, Math.ceil(rest / 2));
      const end = start + length;
      yield {
        files: [file],
        locator: { relative, compression, start, end: end === file.bytes ? null : end },
        bytes: length,
      };
      start = end;
    }
  }
  if (hasContent) return;
  throw new PipelineError("INPUT_EMPTY", `all ${empty} files are empty, such as ${JSON.stringify(firstEmpty)}`, {
    details: { emptyFiles: empty },
  });
}

export function lineSplitOf(split: Split): LineSplit {
  const locator = locatorSchema.parse(split.locator);
  const file = split.files[0];
  if (file === undefined) throw new PipelineError("PROTOCOL", "a split of lines names no file");
  return { file, ...locator };
}

/** The lines that the split owns, a chunk's worth at a time; offsets count from the start of the decompressed file. */
export async function* linesOfSplit(
  { file, compression, start, end }: LineSplit,
  maxLineBytes: number,
  signal: AbortSignal,
): AsyncGenerator<readonly ByteLine[]> {
  if (start === 0 && end === null) {
    yield* byteLines(streamDecompressed(file, compression, signal), 0, maxLineBytes);
    return;
  }
  // The byte before the range tells whether a line starts at its first byte; the line it belongs to is not ours.
  const from = Math.max(0, start - 1);
  const limit = end ?? Number.POSITIVE_INFINITY;
  let isForeign = start > 0;
  for await (const lines of byteLines(streamRange(file, from, signal), from, maxLineBytes)) {
    const owned = lines.filter(({ offset }, index) => offset < limit && !(isForeign && index === 0));
    isForeign = false;
    if (owned.length > 0) yield owned;
    const last = lines.at(-1);
    if (last !== undefined && last.offset + last.byteLength + 1 >= limit) return;
  }
}

/** What stands in the accounts for the part of a file that cannot be read. */
export function restOf(
  { file, relative }: LineSplit,
  error: unknown,
): { readonly id: string; readonly uri: string; readonly error: PipelineError } {
  if (error instanceof PipelineError && error.code === "INPUT_CORRUPT") {
    return { id: `${relative}:rest`, uri: file.uri, error };
  }
  throw error instanceof Error ? error : corrupt(file, "reading failed", error);
}
