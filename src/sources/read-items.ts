import type { ByteRange, SourceItem } from "../contract/source.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";

/** Bytes of samples that a batch may hold before it is handed on. */
export const batchHeldBytes = 4 * 2 ** 20;

/** The same of samples that nothing had to be waited for: what is handed on soon dies young. */
export const readyBytes = 64 * 1024;

export function sampleItem(sample: Sample, uri: string, range?: ByteRange): SourceItem {
  return { kind: "sample", sample, uri, range };
}

export function unreadableItem(id: string, uri: string, error: PipelineError, range?: ByteRange): SourceItem {
  return { kind: "unreadable", unreadable: { id, uri, error, range } };
}

/** The sample as an item; a failure that concerns only it as an unreadable one. Rejects with every other failure. */
export async function itemOf(id: string, uri: string, sample: Promise<Sample>): Promise<SourceItem> {
  try {
    return sampleItem(await sample, uri);
  } catch (error) {
    if (error instanceof PipelineError && error.scope === "sample") return unreadableItem(id, uri, error);
    throw error;
  }
}

/** A failed read of a file that the run's frozen input lists: that it is gone means that it changed. */
export function readFailure(error: unknown, uri: string): PipelineError {
  const failure = asPipelineError(error, "STORAGE_FAILED", `reading ${JSON.stringify(uri)} failed`);
  if (failure.code !== "INPUT_NOT_FOUND") return failure;
  return new PipelineError("INPUT_CHANGED", `${JSON.stringify(uri)} was removed after the run had listed it`, {
    cause: failure,
    details: { path: uri },
  });
}
