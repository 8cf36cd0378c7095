import { type OutcomeLine, outcomeLine, outcomeLogHeader } from "../../contract/outcome-log.ts";
import type { Shard } from "../../contract/sink.ts";
import type { ByteRange } from "../../contract/source.ts";
import { PipelineError } from "../../model/errors.ts";
import { byteLines } from "../../sources/byte-lines.ts";
import { streamDecompressed } from "../../sources/open-bytes.ts";
import type { RecordedRun } from "../open-run.ts";

const longestLineBytes = 16 * 2 ** 20;

export interface LoggedOutcome {
  readonly line: OutcomeLine;
  /** Place in the task's output, from 0; null unless it was written. */
  readonly place: number | null;
}

/** One sample that a task read, and what became of it and of its children. */
export interface LoggedSample {
  /** Among what the task reads, from 0. */
  readonly position: number;
  readonly range: ByteRange | undefined;
  /** The sample's files in its split: the first, and one past the last; undefined when the split has one file, or to its end. */
  readonly file: number | undefined;
  readonly fileEnd: number | undefined;
  /** The sample that was read comes first. */
  readonly outcomes: readonly LoggedOutcome[];
}

/** The samples of an outcome log, in the order that they were read, one at a time. Rejects with DATASET_DAMAGED. */
export async function* readOutcomes(run: RecordedRun, log: Shard): AsyncGenerator<LoggedSample> {
  const file = await run.find(log);
  let outcomes: LoggedOutcome[] = [];
  let last: LoggedSample | undefined;
  let [position, place, open, rangeEnd, number] = [0, 0, 1, 0, 0];
  try {
    const chunks = streamDecompressed(file, "zstd", new AbortController().signal);
    for await (const lines of byteLines(chunks, 0, longestLineBytes)) {
      for (const { bytes } of lines) {
        const value: unknown = JSON.parse(bytes?.toString("utf8") ?? "");
        if (number++ === 0) {
          outcomeLogHeader.parse(value);
          continue;
        }
        const line = outcomeLine.parse(value);
        const isWritten = line.drop === undefined && line.fail === undefined && line.split === undefined;
        outcomes.push({ line, place: isWritten ? place++ : null });
        open += (line.split?.[1] ?? 0) - 1;
        if (open > 0) continue;
        const first = outcomes[0]?.line;
        const range = first?.at === undefined ? undefined : { offset: rangeEnd + first.at[0], length: first.at[1] };
        if (range !== undefined) rangeEnd = range.offset + range.length;
        if (last !== undefined) yield { ...last, fileEnd: first?.file };
        last = { position: position++, range, file: first?.file, fileEnd: undefined, outcomes };
        outcomes = [];
        open = 1;
      }
    }
    if (last !== undefined) yield last;
  } catch (cause) {
    if (cause instanceof PipelineError && cause.code !== "INPUT_CORRUPT") throw cause;
    throw new PipelineError("DATASET_DAMAGED", `${log.name} in ${run.output} cannot be read at line ${number}`, {
      cause,
      details: { name: log.name, line: number },
    });
  }
}
