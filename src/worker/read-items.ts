import type { TaskInput } from "../contract/executor.ts";
import type { OpenedSource, SourceItem } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { readSpool } from "./spool-reader.ts";

/** What a task reads: its split of the source, or what the stage before left. */
export function readItems(
  input: TaskInput,
  source: OpenedSource | undefined,
  destination: string,
  signal: AbortSignal,
): AsyncIterable<readonly SourceItem[]> {
  if (input.kind === "spool") return readSpool(destination, input.shards);
  if (source === undefined)
    throw new PipelineError("PROTOCOL", "a task over a split reached a stage that has no source");
  return source.read(input.split, signal);
}
