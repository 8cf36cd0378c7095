import type { OpenedGather } from "../contract/operator.ts";
import type { SourceItem } from "../contract/source.ts";
import { asPipelineError } from "../model/errors.ts";
import { type Sample, withAttributes } from "../model/sample.ts";
import { beginFlight } from "./apply-steps.ts";
import { encodeSample } from "./encode-sample.ts";
import { GatherDecisions } from "./gather-decisions.ts";
import type { OutcomeLog } from "./outcome-log.ts";
import { increment, type TaskTally } from "./tally.ts";
import type { LeavingSample, TaskOutput } from "./task-output.ts";
import { tellingAttributesOf } from "./telling-attributes.ts";

/** A gather step, opened. */
export interface OpenedGatherStep {
  readonly id: string;
  readonly dropReasons: readonly string[];
  /** Told of a sample that the step drops. */
  readonly tellingAttributes: ReadonlySet<string>;
  readonly operator: OpenedGather;
}

const writeSamples = 64;

/**
 * Runs a gather step over the whole stream: it sees every sample once and decides; a second reading
 * writes what stays, in the order that it came. Holds a few bytes a sample, never the samples.
 */
export async function runGather(
  step: OpenedGatherStep,
  read: () => AsyncIterable<readonly SourceItem[]>,
  output: TaskOutput,
  outcomes: OutcomeLog,
  tally: TaskTally,
  onSample: () => Promise<void> | undefined,
): Promise<void> {
  const decisions = await decide(step, read(), onSample);
  const stepTally = tally.step(step.id);
  let position = 0;
  for await (const items of read()) {
    const leaving: LeavingSample[] = [];
    for (const item of samplesOf(items)) {
      const { sample, uri, range } = item;
      const flight = beginFlight(sample.id, position, item, sample.attributes);
      const decision = decisions.of(position++);
      tally.read++;
      stepTally.in++;
      if (decision.kind === "drop") {
        increment(stepTally.dropped, decision.reason);
        const told = tellingAttributesOf(sample.attributes, sample.attributes, step.tellingAttributes);
        flight.endings.push({ kind: "drop", id: sample.id, step: step.id, reason: decision.reason, told });
        outcomes.add(flight, []);
        continue;
      }
      stepTally.kept++;
      await onSample();
      const encoded = await encodeSample(withAttributes(sample, decision.attributes ?? {}), true);
      leaving.push({ sample: encoded, uri, range });
      outcomes.add(flight, [encoded]);
      if (leaving.length >= writeSamples) await write(leaving.splice(0), output, tally);
    }
    await write(leaving, output, tally);
    await outcomes.flush();
  }
}

async function decide(
  step: OpenedGatherStep,
  items: AsyncIterable<readonly SourceItem[]>,
  onSample: () => Promise<void> | undefined,
): Promise<GatherDecisions> {
  const decisions = new GatherDecisions(step.dropReasons);
  let samples = 0;
  const stream = async function* (): AsyncGenerator<Sample> {
    for await (const batch of items) {
      for (const { sample } of samplesOf(batch)) {
        samples++;
        yield sample;
        await onSample();
      }
    }
  };
  try {
    for await (const [position, decision] of step.operator.apply(stream())) decisions.set(position, decision);
  } catch (cause) {
    // One sample cannot be blamed for a step that sees them all: the task fails.
    throw asPipelineError(cause, "TASK_FAILED", `step ${step.id} threw`);
  }
  decisions.checkComplete(samples);
  return decisions;
}

async function write(leaving: readonly LeavingSample[], output: TaskOutput, tally: TaskTally): Promise<void> {
  if (leaving.length === 0) return;
  await output.write(leaving);
  tally.written += leaving.length;
}

/** A spool holds only samples that could be read. */
function samplesOf(items: readonly SourceItem[]): readonly (SourceItem & { readonly kind: "sample" })[] {
  return items.filter((item) => item.kind === "sample");
}
