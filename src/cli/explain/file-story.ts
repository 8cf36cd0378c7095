import type { RecordedRun } from "../open-run.ts";
import type { Found, FoundSample } from "./find-sample.ts";
import { readOutcomes } from "./read-outcomes.ts";

/** Samples of a file that ended the same way. */
export interface FileOutcome {
  readonly ending: "written" | "passed on" | "dropped" | "failed" | "split";
  /** Step, and reason or code. */
  readonly detail: string;
  readonly samples: number;
  /** Id of the first of them. */
  readonly example: string;
}

/** What became of the samples of one file of the input. */
export interface FileStory {
  readonly file: string;
  readonly splits: number;
  readonly unfinishedSplits: readonly number[];
  /** That were read so far. */
  readonly samples: number;
  /** The most frequent first. */
  readonly outcomes: readonly FileOutcome[];
  /** The sample, when the file holds only one. */
  readonly only: FoundSample | undefined;
}

/** Adds up the first stage's logs of the splits of a file. */
export async function fileStory(run: RecordedRun, found: Found, file: string): Promise<FileStory> {
  const outcomes = new Map<string, { -readonly [Key in keyof FileOutcome]: FileOutcome[Key] }>();
  const passed = run.start.plan.stages.length > 1 ? "passed on" : "written";
  let samples = 0;
  let only: FoundSample | undefined;
  for (const { index, split, receipt } of found.splits) {
    if (receipt?.outcomes === undefined) continue;
    for await (const logged of readOutcomes(run, receipt.outcomes)) {
      samples++;
      only = { split: { index, split }, logged };
      for (const { line } of logged.outcomes) {
        const ending = line.drop ? "dropped" : line.fail ? "failed" : line.split ? "split" : passed;
        const [step, why] = line.drop ?? line.fail ?? [line.split?.[0] ?? "", ""];
        const detail = why === "" ? step : `${step}: ${why}`;
        const known = outcomes.get(`${ending} ${detail}`);
        if (known === undefined) outcomes.set(`${ending} ${detail}`, { ending, detail, samples: 1, example: line.id });
        else known.samples++;
      }
    }
  }
  return {
    file,
    splits: found.splits.length,
    unfinishedSplits: found.splits.filter(({ receipt }) => receipt === undefined).map(({ index }) => index),
    samples,
    outcomes: [...outcomes.values()].sort((a, b) => b.samples - a.samples),
    only: samples === 1 ? only : undefined,
  };
}
