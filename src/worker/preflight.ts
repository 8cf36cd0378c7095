import type { Catalog } from "../contract/catalog.ts";
import type { LookedAtSamples, PreflightReport, PreflightRequest } from "../contract/preflight.ts";
import type { SourceItem, Split } from "../contract/source.ts";
import { asPipelineError, type ErrorRecord, errorRecord } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import { beginFlight, type Lane, StepApplication } from "./apply-steps.ts";
import { MediaTypeTrials } from "./media-type-trials.ts";
import { type OpenedPlan, openPlan } from "./open-plan.ts";
import { peekSplit } from "./peek-items.ts";
import { inputBytes, outputBytes } from "./sample-bytes.ts";
import { SampleGroups } from "./sample-groups.ts";
import { TaskTally } from "./tally.ts";

/** Samples that are tried together, and so held in memory at once. */
const triedAtOnce = 4;

/**
 * Opens everything that a plan names and takes some samples through the steps, without writing. Finds all that
 * is wrong, not the first: rejects only when the trial itself goes wrong.
 */
export async function preflight(
  request: PreflightRequest,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<PreflightReport> {
  const plan = await openPlan(request.plan, catalog, signal);
  try {
    const trial = new Trial(plan);
    await trial.run(request, signal);
    return trial.report(request);
  } finally {
    await plan.close();
  }
}

interface WaitingSample {
  readonly sample: Sample;
  readonly uri: string;
}

class Trial {
  readonly #plan: OpenedPlan;
  readonly #stages: readonly StepApplication[];
  readonly #groups: SampleGroups;
  readonly #media = new MediaTypeTrials();
  readonly #brokenSplits: { readonly uri: string; readonly error: ErrorRecord }[] = [];
  readonly #looked = { samples: 0, bytes: 0, unreadable: 0, tried: 0, failed: 0, kept: 0 };
  #waiting: WaitingSample[] = [];
  #stoppedBy: ErrorRecord | null = null;

  constructor(plan: OpenedPlan) {
    this.#plan = plan;
    this.#groups = new SampleGroups(plan.stages.length);
    this.#stages = plan.stages.map(
      (steps) => new StepApplication({ steps, close: async () => undefined }, new TaskTally(steps.map(({ id }) => id))),
    );
  }

  async run({ splits, samples }: PreflightRequest, signal: AbortSignal): Promise<void> {
    try {
      for (const [index, split] of splits.entries()) {
        const share = Math.ceil((samples - this.#looked.samples) / (splits.length - index));
        this.#groups.beginSplit(splits.length);
        await this.#lookAt(split, share, signal);
      }
      await this.#tryWaiting();
    } catch (cause) {
      // Reaches further than a sample (changed input, full disk): in the report, beside what was found until then.
      this.#stoppedBy = errorRecord(asPipelineError(cause, "INTERNAL", "the trial of samples failed"));
    }
  }

  report({ plan }: PreflightRequest): PreflightReport {
    const looked: LookedAtSamples = this.#looked;
    const { unopened } = this.#plan;
    const missing = new Set(unopened.map(({ component }) => component));
    const triedBefore = plan.stages.flatMap((stage) => stage.steps).find((step) => missing.has(step.id))?.id ?? null;
    const isEstimated = triedBefore === null && looked.tried > 0;
    return {
      unopened,
      triedBefore,
      looked,
      media: this.#media.report(),
      brokenSplits: this.#brokenSplits,
      stoppedBy: this.#stoppedBy,
      stageBytes: isEstimated ? this.#groups.stageBytes() : null,
    };
  }

  async #lookAt(split: Split, count: number, signal: AbortSignal): Promise<void> {
    const { source } = this.#plan;
    if (source === undefined) return;
    const items = peekSplit(source, split, count, signal)[Symbol.asyncIterator]();
    try {
      for (let next = await this.#read(items, split); next !== undefined; next = await this.#read(items, split)) {
        this.#note(next);
        if (this.#waiting.length >= triedAtOnce) await this.#tryWaiting();
      }
    } finally {
      await items.return(undefined);
    }
  }

  /** Undefined at the end, and when the split cannot be read on. */
  async #read(items: AsyncGenerator<SourceItem>, split: Split): Promise<SourceItem | undefined> {
    try {
      const { done, value } = await items.next();
      return done === true ? undefined : value;
    } catch (cause) {
      const error = asPipelineError(cause, "INPUT_CORRUPT", "the split cannot be read");
      this.#brokenSplits.push({ uri: split.files[0]?.uri ?? "", error: errorRecord(error) });
      return undefined;
    }
  }

  #note(item: SourceItem): void {
    this.#looked.samples++;
    if (item.kind === "unreadable") {
      this.#looked.unreadable++;
      return;
    }
    const bytes = inputBytes(item.sample);
    this.#looked.bytes += bytes;
    this.#media.look(item.sample);
    if (this.#groups.wants(item.sample)) this.#waiting.push({ sample: item.sample, uri: item.uri });
  }

  async #tryWaiting(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    let lanes = waiting.map(
      ({ sample, uri }, position): Lane => ({
        flight: beginFlight(sample.id, position, { uri }, sample.attributes),
        samples: [sample],
      }),
    );
    const bytes = waiting.map((): number[] => []);
    for (const [stage, steps] of this.#stages.entries()) {
      lanes = [...(await steps.applyAll(lanes, triedAtOnce, 1))];
      const isLast = stage === this.#stages.length - 1;
      for (const [index, lane] of lanes.entries()) {
        bytes[index]?.push(await this.#encode(lane, isLast ? this.#plan.sinkNeedsBytes : true));
      }
    }
    for (const [index, { sample }] of waiting.entries()) {
      const lane = lanes[index];
      if (lane !== undefined) this.#settle(sample, lane, bytes[index] ?? []);
    }
  }

  async #encode({ flight, samples }: Lane, needsBytes: boolean): Promise<number> {
    let bytes = 0;
    for (const sample of samples) {
      try {
        bytes += await outputBytes(sample, needsBytes);
      } catch (cause) {
        const error = asPipelineError(cause, "OPERATOR_FAILED", `${sample.id} cannot be encoded`);
        if (error.scope !== "sample") throw error;
        flight.failures.push({ id: sample.id, step: "write", error });
      }
    }
    return bytes;
  }

  #settle(sample: Sample, { flight, samples }: Lane, stageBytes: readonly number[]): void {
    this.#looked.tried++;
    if (flight.failures.length > 0) this.#looked.failed++;
    else if (samples.length > 0) this.#looked.kept++;
    this.#groups.settle(sample, stageBytes);
    this.#media.settle(sample, flight, this.#plan.partKinds);
  }
}
