import type { Plan } from "../../contract/plan.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import type { RecordedRun } from "../open-run.ts";
import type { FoundSample } from "./find-sample.ts";
import { nextPlaces, type TaskPlace } from "./next-places.ts";
import { type LoggedSample, readOutcomes } from "./read-outcomes.ts";

/** How a sample ended, or where it is. */
export type Ending =
  /** `place`: in the output of the task of the last stage. */
  | { readonly kind: "written"; readonly receipt: Receipt; readonly place: number }
  | { readonly kind: "dropped"; readonly step: string; readonly reason: string }
  | {
      readonly kind: "failed";
      readonly step: string;
      readonly code: string;
      readonly receipt: Receipt;
      readonly position: number;
    }
  | { readonly kind: "split"; readonly step: string; readonly children: number }
  /** Left a stage; the task of the next one that takes it on is not finished. */
  | { readonly kind: "waiting"; readonly stage: number };

/** A sample with what became of it through all stages. */
export interface SampleTrace {
  readonly id: string;
  readonly ending: Ending;
  /** Told where it ended, unless it was written. */
  readonly attributes: JsonObject;
  readonly children: readonly SampleTrace[];
}

/** A trace while it grows. */
export type MutableTrace = { id: string; ending: Ending; attributes: JsonObject; children: MutableTrace[] };
type Leaf = TaskPlace & { readonly trace: MutableTrace };

/** Follows a sample that was read, and its children, from stage to stage by their places in what each stage left. */
export async function traceSample(run: RecordedRun, found: FoundSample): Promise<MutableTrace> {
  const { plan } = run.start;
  const task = (await receiptsOf(run, 0, new Set([found.split.index]))).get(found.split.index);
  if (task === undefined) throw new PipelineError("INTERNAL", `split ${found.split.index} has a log but no receipt`);
  const { root, leaves } = growTrace(found.logged, task, plan);
  let open = leaves;
  for (const stage of plan.stages.slice(1)) {
    const places = await nextPlaces(run, stage.index, open);
    const next = open.flatMap(({ trace }, index) => {
      const place = places[index];
      return place === undefined ? [] : [{ trace, ...place }];
    });
    open = await enterStage(run, stage.index, next);
  }
  return root;
}

/** Reads on in the logs of a stage; what leaves it again. */
async function enterStage(run: RecordedRun, stage: number, entering: readonly Leaf[]): Promise<readonly Leaf[]> {
  const receipts = await receiptsOf(run, stage, new Set(entering.map(({ split }) => split)));
  const leaving: Leaf[] = [];
  for (const [split, receipt] of receipts) {
    const awaited = new Map(entering.filter((leaf) => leaf.split === split).map((leaf) => [leaf.place, leaf.trace]));
    if (receipt.outcomes === undefined) continue;
    for await (const logged of readOutcomes(run, receipt.outcomes)) {
      const trace = awaited.get(logged.position);
      if (trace === undefined) continue;
      const { root, leaves } = growTrace(logged, receipt, run.start.plan);
      Object.assign(trace, { ending: root.ending, attributes: root.attributes, children: root.children });
      leaving.push(...leaves.map((leaf) => (leaf.trace === root ? { ...leaf, trace } : leaf)));
      awaited.delete(logged.position);
      if (awaited.size === 0) break;
    }
  }
  return leaving;
}

/** The receipts of some tasks of a stage, by split. */
export async function receiptsOf(
  run: RecordedRun,
  stage: number,
  splits: ReadonlySet<number>,
): Promise<ReadonlyMap<number, Receipt>> {
  const receipts = new Map<number, Receipt>();
  if (splits.size === 0) return receipts;
  for await (const receipt of run.receipts()) {
    if (receipt.stage === stage && splits.has(receipt.split)) receipts.set(receipt.split, receipt);
  }
  return receipts;
}

/** The samples of one log entry as a tree, and those that left the stage for the next one. */
export function growTrace(
  logged: LoggedSample,
  receipt: Receipt,
  plan: Plan,
): { readonly root: MutableTrace; readonly leaves: readonly Leaf[] } {
  const isLast = receipt.stage >= plan.stages.length - 1;
  const traces = new Map<string, MutableTrace>();
  const leaves: Leaf[] = [];
  for (const { line, place } of logged.outcomes) {
    const trace: MutableTrace = {
      id: line.id,
      ending: { kind: "waiting", stage: receipt.stage + 1 },
      attributes: line.attributes ?? {},
      children: [],
    };
    traces.set(line.id, trace);
    if (line.drop !== undefined) trace.ending = { kind: "dropped", step: line.drop[0], reason: line.drop[1] };
    else if (line.split !== undefined) trace.ending = { kind: "split", step: line.split[0], children: line.split[1] };
    else if (line.fail !== undefined) {
      trace.ending = { kind: "failed", step: line.fail[0], code: line.fail[1], receipt, position: logged.position };
    } else if (place !== null && isLast) trace.ending = { kind: "written", receipt, place };
    else if (place !== null) leaves.push({ trace, split: receipt.split, place });
  }
  const [root] = traces.values();
  if (root === undefined)
    throw new PipelineError("DATASET_DAMAGED", `the log of split ${receipt.split} tells of a sample without a line`);
  for (const trace of traces.values()) {
    const parent = traces.get(trace.id.slice(0, trace.id.lastIndexOf("#")));
    if (trace !== root) (parent ?? root).children.push(trace);
  }
  for (const { children } of traces.values()) children.sort((a, b) => indexOf(a.id) - indexOf(b.id));
  return { root, leaves };
}

function indexOf(childId: string): number {
  return Number(childId.slice(childId.lastIndexOf("#") + 1));
}
