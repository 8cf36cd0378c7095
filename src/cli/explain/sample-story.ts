import type { QuarantineRecord } from "../../contract/quarantine.ts";
import { type Receipt, taskKey } from "../../contract/receipt.ts";
import type { ByteRange } from "../../contract/source.ts";
import { readQuarantineFile } from "../../ledger/quarantine-records.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import type { RecordedRun } from "../open-run.ts";
import type { FoundSample } from "./find-sample.ts";
import { limitsOfScores, type ScoreLimit } from "./score-limits.ts";
import { type ShardPlace, shardPlaceOf } from "./shard-place.ts";
import type { StepFacts } from "./step-facts.ts";
import type { SampleTrace } from "./trace-sample.ts";

/** Where a sample was read. */
export interface SampleOrigin {
  readonly uri: string;
  /** Its other files. */
  readonly others: readonly string[];
  /** Bytes of the object at `uri`; null when the sample is all of it, or lies inside of something compressed. */
  readonly range: ByteRange | null;
  readonly split: number;
  /** Among the samples of the split, from 0. */
  readonly position: number;
}

export interface Score {
  readonly name: string;
  readonly value: Json;
  readonly limits: readonly ScoreLimit[];
}

export interface StepStory {
  readonly step: string;
  readonly outcome: "kept" | "dropped" | "failed" | "split" | "waiting" | "not reached";
  readonly scores: readonly Score[];
  /** Scores of which only what a later step wrote is left, and that step. */
  readonly rewritten: readonly { readonly name: string; readonly by: string }[];
  readonly options: JsonObject;
}

export type StoryEnd =
  | ({ readonly kind: "written" } & ShardPlace)
  | { readonly kind: "dropped"; readonly step: string; readonly reason: string }
  | {
      readonly kind: "failed";
      readonly step: string;
      readonly code: string;
      readonly stage: number;
      /** Null when the quarantine does not list it. */
      readonly record: QuarantineRecord | null;
    }
  | { readonly kind: "split"; readonly step: string; readonly children: number }
  | { readonly kind: "waiting"; readonly stage: number };

/** The whole of what became of one sample. */
export interface SampleStory {
  readonly id: string;
  readonly origin: SampleOrigin;
  /** Samples that it was split from, the one that was read first. */
  readonly ancestors: readonly { readonly id: string; readonly step: string }[];
  /** Every step of the plan, in order. */
  readonly steps: readonly StepStory[];
  readonly end: StoryEnd;
  readonly children: readonly {
    readonly id: string;
    readonly ending: SampleTrace["ending"]["kind"];
    readonly detail: string;
  }[];
}

/** `path`: from the sample that was read to the one to tell of. */
export async function sampleStory(
  run: RecordedRun,
  found: FoundSample,
  path: readonly SampleTrace[],
  facts: readonly StepFacts[],
): Promise<SampleStory | undefined> {
  const trace = path.at(-1);
  if (trace === undefined) return undefined;
  const { split, logged } = found;
  const files = split.split.files.slice(logged.file ?? 0, logged.fileEnd).map(({ uri }) => uri);
  const end = await storyEnd(run, trace);
  const attributes = end.kind === "written" ? (end.found?.attributes ?? {}) : trace.attributes;
  return {
    id: trace.id,
    origin: {
      uri: files[0] ?? "",
      others: files.slice(1),
      range: logged.range ?? null,
      split: split.index,
      position: logged.position,
    },
    ancestors: path
      .slice(0, -1)
      .flatMap(({ id, ending }) => (ending.kind === "split" ? [{ id, step: ending.step }] : [])),
    steps: stepStories(end, attributes, facts),
    end,
    children: trace.children.map(({ id, ending }) => ({ id, ending: ending.kind, detail: detailOf(ending) })),
  };
}

/** One word or two on how a child ended. */
function detailOf(ending: SampleTrace["ending"]): string {
  switch (ending.kind) {
    case "written":
      return "";
    case "dropped":
      return `${ending.step}: ${ending.reason}`;
    case "failed":
      return `${ending.step}: ${ending.code}`;
    case "split":
      return `${ending.step}: into ${ending.children}`;
    case "waiting":
      return `for stage ${ending.stage}`;
  }
}

async function storyEnd(run: RecordedRun, { id, ending }: SampleTrace): Promise<StoryEnd> {
  if (ending.kind === "written") {
    return { kind: "written", ...(await shardPlaceOf(run, ending.receipt, ending.place, id)) };
  }
  if (ending.kind !== "failed") return ending;
  const { step, code, receipt, position } = ending;
  return { kind: "failed", step, code, stage: receipt.stage, record: await recordOf(run, receipt, id, position) };
}

async function recordOf(
  run: RecordedRun,
  receipt: Receipt,
  id: string,
  position: number,
): Promise<QuarantineRecord | null> {
  for await (const { task, file } of run.quarantines()) {
    if (taskKey(task) !== taskKey(receipt)) continue;
    for await (const line of readQuarantineFile((await run.find(file)).uri)) {
      if (line.kind === "record" && line.record.id === id && line.record.position === position) return line.record;
    }
  }
  return null;
}

function stepStories(end: StoryEnd, attributes: JsonObject, facts: readonly StepFacts[]): readonly StepStory[] {
  const last = lastStep(end, facts);
  return facts.map((step, index): StepStory => {
    const { id, options } = step;
    const outcome = outcomeAt(end, id, index, last);
    if (index > last) return { step: id, outcome, scores: [], rewritten: [], options };
    const rewritten = step.writes.flatMap((name) => {
      const by = facts.slice(index + 1, last + 1).findLast(({ writes }) => writes.includes(name));
      return by === undefined ? [] : [{ name, by: by.id }];
    });
    const own = step.writes.filter((name) => !rewritten.some((other) => other.name === name));
    const names = outcome === "kept" ? own : [...own, ...step.reads];
    const known = Object.fromEntries(names.flatMap((name) => valueIn(attributes, name)));
    const limits = limitsOfScores(known, options);
    const scores = Object.entries(known).map(([name, value]) => ({ name, value, limits: limits.get(name) ?? [] }));
    return { step: id, outcome, scores, rewritten, options };
  });
}

function outcomeAt(end: StoryEnd, step: string, index: number, last: number): StepStory["outcome"] {
  if (index > last) return end.kind === "waiting" ? "waiting" : "not reached";
  if (end.kind === "written" || end.kind === "waiting") return "kept";
  return end.step === step ? end.kind : "kept";
}

function valueIn(attributes: JsonObject, name: string): readonly (readonly [string, Json])[] {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return value === undefined ? [] : [[name, value]];
}

/** Index of the last step that the sample reached; -1 when it was none. */
function lastStep(end: StoryEnd, facts: readonly StepFacts[]): number {
  if (end.kind === "written") return facts.length - 1;
  if (end.kind === "waiting") return facts.findLastIndex(({ stage }) => stage < end.stage);
  if (end.kind === "failed" && end.step === "write") return facts.findLastIndex(({ stage }) => stage <= end.stage);
  return facts.findIndex(({ id }) => id === end.step);
}
