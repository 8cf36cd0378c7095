import type { Accounting } from "../contract/accounting.ts";
import type { Catalog } from "../contract/catalog.ts";
import type { Plan, StepRef } from "../contract/plan.ts";
import type { OpenedSource, Split } from "../contract/source.ts";
import type { ErrorCode } from "../model/error-codes.ts";
import { asPipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import { beginFlight, type Lane, StepApplication } from "../worker/apply-steps.ts";
import { openChain } from "../worker/chain.ts";
import { peekItems } from "../worker/peek-items.ts";
import { inputBytes, outputBytes } from "../worker/sample-bytes.ts";
import { TaskTally } from "../worker/tally.ts";

export interface ProbeFailure {
  readonly id: string;
  /** Step id, `read` or `write`. */
  readonly step: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What some samples cost and what became of them, in one process. */
export interface ProbeResult {
  readonly accounting: Accounting;
  readonly seconds: number;
  /** By step id, with `read` and `write` (encoding). */
  readonly busySeconds: { readonly [stepId: string]: number };
  /** Encoded bytes of the samples that were read, and of those that were left. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly failures: readonly ProbeFailure[];
  /** The first gather step: what lies behind it needs the whole input and was not probed. */
  readonly stoppedBefore: string | null;
}

interface Probe {
  readonly plan: Plan;
  readonly catalog: Catalog;
  readonly source: OpenedSource;
  readonly splits: readonly Split[];
  readonly samples: number;
  readonly batchSize: number;
  readonly needsBytes: boolean;
}

/** Runs samples spread over the splits through the steps, one after another, and writes nothing. */
export async function probePipeline(probe: Probe): Promise<ProbeResult> {
  const { steps, stoppedBefore } = probedSteps(probe.plan);
  const tally = new TaskTally(steps.map((step) => step.id));
  const failures: ProbeFailure[] = [];
  const chain = await openChain(steps, probe.catalog, new AbortController().signal);
  try {
    const started = performance.now();
    const read = await readSamples(probe, tally, failures);
    const lanes = read.map(
      (sample, position): Lane => ({
        flight: beginFlight(sample.id, position, { uri: "" }, sample.attributes),
        samples: [sample],
      }),
    );
    const left = await new StepApplication(chain, tally).applyAll(lanes, probe.batchSize, 1);
    for (const { flight } of left) {
      for (const { id, step, error } of flight.failures)
        failures.push({ id, step, code: error.code, message: error.message });
    }
    const bytesOut = await encodeAll(
      left.flatMap((lane) => lane.samples),
      probe.needsBytes,
      tally,
      failures,
    );
    const seconds = (performance.now() - started) / 1000;
    const accounting = tally.accounting();
    return {
      accounting,
      seconds,
      busySeconds: tally.busySeconds(),
      bytesIn: tally.bytesRead,
      bytesOut,
      failures,
      stoppedBefore,
    };
  } finally {
    await chain.close();
  }
}

function probedSteps(plan: Plan): { readonly steps: readonly StepRef[]; readonly stoppedBefore: string | null } {
  const cut = plan.stages.findIndex((stage) => stage.kind === "gather");
  const stages = cut === -1 ? plan.stages : plan.stages.slice(0, cut);
  return { steps: stages.flatMap((stage) => stage.steps), stoppedBefore: plan.stages[cut]?.steps[0]?.id ?? null };
}

async function readSamples(probe: Probe, tally: TaskTally, failures: ProbeFailure[]): Promise<readonly Sample[]> {
  const started = performance.now();
  const samples: Sample[] = [];
  for (const item of await peekItems(probe.source, probe.splits.slice(0, probe.samples), probe.samples)) {
    tally.read++;
    if (item.kind === "sample") {
      samples.push(item.sample);
      tally.bytesRead += inputBytes(item.sample);
    } else {
      const { id, error } = item.unreadable;
      tally.countUnreadable(error.code);
      failures.push({ id, step: "read", code: error.code, message: error.message });
    }
  }
  tally.readSeconds += (performance.now() - started) / 1000;
  return samples;
}

async function encodeAll(
  samples: readonly Sample[],
  needsBytes: boolean,
  tally: TaskTally,
  failures: ProbeFailure[],
): Promise<number> {
  const started = performance.now();
  let bytes = 0;
  for (const sample of samples) {
    try {
      bytes += await outputBytes(sample, needsBytes);
      tally.written++;
    } catch (thrown) {
      const error = asPipelineError(thrown, "OPERATOR_FAILED", `${sample.id} cannot be encoded`);
      tally.countUnwritable(error.code);
      failures.push({ id: sample.id, step: "write", code: error.code, message: error.message });
    }
  }
  tally.writeSeconds += (performance.now() - started) / 1000;
  return bytes;
}
