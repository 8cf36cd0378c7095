import type { GatherDecision, OpenContext, OperatorSpec, Outcome } from "../contract/operator.ts";
import { messageOf } from "../model/errors.ts";
import { type Sample, withAttributes } from "../model/sample.ts";
import { brokenRule } from "./broken-rule.ts";

/** What became of one sample; `failed` when the operator threw. */
export type Result = Outcome | { readonly kind: "failed"; readonly error: unknown };

/** An opened operator of any kind, seen as many samples in, as many results out. */
export interface OperatorSession {
  /** Result i belongs to sample i. `together`: all calls of a map operator run at once. */
  apply(samples: readonly Sample[], how?: "in turn" | "together"): Promise<readonly Result[]>;
  close(): Promise<void>;
}

export async function openSession(
  spec: OperatorSpec,
  options: unknown,
  context: OpenContext,
): Promise<OperatorSession> {
  if (spec.kind === "map") {
    const opened = await spec.open(options, context);
    const applyOne = (sample: Sample) => settled(async () => opened.apply(sample));
    return {
      async apply(samples, how = "in turn") {
        if (how === "together") return Promise.all(samples.map(applyOne));
        const results: Result[] = [];
        for (const sample of samples) results.push(await applyOne(sample));
        return results;
      },
      close: async () => opened.close?.(),
    };
  }
  if (spec.kind === "batch") {
    const opened = await spec.open(options, context);
    return {
      apply: (samples) => applyBatch(spec.name, (batch) => opened.apply(batch), samples),
      close: async () => opened.close?.(),
    };
  }
  const opened = await spec.open(options, context);
  return {
    apply: (samples) => applyGather(spec.name, (stream) => opened.apply(stream), samples),
    close: async () => opened.close?.(),
  };
}

async function settled(run: () => Promise<Outcome>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    // Surfaces as the sample's result: throwing is an operator's way to say that the sample failed.
    return { kind: "failed", error };
  }
}

async function applyBatch(
  name: string,
  apply: (samples: readonly Sample[]) => Promise<readonly Outcome[]>,
  samples: readonly Sample[],
): Promise<readonly Result[]> {
  let outcomes: readonly Outcome[];
  try {
    outcomes = await apply(samples);
  } catch (error) {
    // Surfaces with each sample alone, as in the engine: the batch does not tell which one broke it.
    if (samples.length === 1) return [{ kind: "failed", error }];
    const alone: Result[] = [];
    for (const sample of samples) alone.push(...(await applyBatch(name, apply, [sample])));
    return alone;
  }
  if (outcomes.length !== samples.length)
    throw brokenRule(
      name,
      "a batch gives one outcome for each sample, in order",
      `Received ${outcomes.length} outcomes for ${samples.length} samples.`,
    );
  return outcomes;
}

async function applyGather(
  name: string,
  apply: (samples: AsyncIterable<Sample>) => AsyncIterable<readonly [position: number, decision: GatherDecision]>,
  samples: readonly Sample[],
): Promise<readonly Result[]> {
  const rule = "a gather decides each position of the stream exactly once";
  const decisions = new Map<number, GatherDecision>();
  for await (const [position, decision] of apply(streamOf(samples))) {
    if (decisions.has(position)) throw brokenRule(name, rule, `Received two decisions for position ${position}.`);
    if (samples[position] === undefined)
      throw brokenRule(name, rule, `Received one for position ${position} of ${samples.length} samples.`);
    decisions.set(position, decision);
  }
  return samples.map((sample, position) => {
    const decision = decisions.get(position);
    if (decision === undefined) throw brokenRule(name, rule, `Received none for position ${position}.`);
    return decision.kind === "drop"
      ? decision
      : { kind: "keep", sample: withAttributes(sample, decision.attributes ?? {}) };
  });
}

async function* streamOf(samples: readonly Sample[]): AsyncIterable<Sample> {
  yield* samples;
}

/** Short text of a failure, for messages. */
export function failureText(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
}
