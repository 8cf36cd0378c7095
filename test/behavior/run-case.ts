import { z } from "zod";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { imbalances } from "../../src/contract/accounting.ts";
import type { Catalog } from "../../src/contract/catalog.ts";
import type { StepRef } from "../../src/contract/plan.ts";
import { defineSource } from "../../src/contract/source.ts";
import { partKinds, type Sample } from "../../src/model/sample.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";
import { beginFlight, StepApplication } from "../../src/worker/apply-steps.ts";
import { openChain } from "../../src/worker/chain.ts";
import { TaskTally } from "../../src/worker/tally.ts";

/** What became of a case's samples; verdicts as in the case file. */
export interface CaseResult {
  readonly kept: readonly Sample[];
  readonly dropped: { readonly [id: string]: string };
  readonly failed: { readonly [id: string]: string };
}

/** Stands for any input: samples may have whatever attributes and parts. */
const anything = defineSource({
  name: "anything",
  summary: "Samples that a test holds in memory.",
  options: z.strictObject({}),
  produces: () => ({ attributes: [], isOpen: true, parts: partKinds }),
  resolveLocations: (options) => options,
  open: () => Promise.reject(new Error("the samples of a case are not read from a source")),
});

const catalog: Catalog = { ...builtinCatalog, sources: { anything: async () => anything } };

/** The steps as the plan has them. Rejects as `pipeline check` does. */
export async function resolveSteps(
  steps: readonly unknown[],
  seed: number,
  folder: string,
): Promise<readonly StepRef[]> {
  const { plan } = await resolvePipeline({
    document: { source: { anything: {} }, steps, sink: "null", seed },
    writtenBy: "code",
    baseFolder: folder,
    workingFolder: folder,
    catalog,
  });
  return plan.stages.flatMap((stage) => stage.steps);
}

/** Takes the samples through the steps in one window, and then each alone to learn which step decided it. */
export async function runSteps(steps: readonly StepRef[], samples: readonly Sample[]): Promise<CaseResult> {
  const chain = await openChain(steps, catalog, new AbortController().signal);
  try {
    const kept: Sample[] = [];
    const dropped: { [id: string]: string } = {};
    const failed: { [id: string]: string } = {};
    const together = await apply(samples);
    for (const sample of samples) {
      const alone = await apply([sample]);
      kept.push(...alone.left);
      for (const { id, step, error } of alone.failures) failed[id] = `${step}: ${error.code}`;
      for (const [step, account] of Object.entries(alone.accounting.steps))
        for (const reason of Object.keys(account.dropped)) dropped[sample.id] = `${step}: ${reason}`;
    }
    const idsOf = (left: readonly Sample[]) => left.map(({ id }) => id).join(" ");
    if (idsOf(together.left) !== idsOf(kept))
      throw new Error(`together ${idsOf(together.left)} were kept, one by one ${idsOf(kept)}`);
    return { kept, dropped, failed };
  } finally {
    await chain.close();
  }

  async function apply(window: readonly Sample[]) {
    const tally = new TaskTally(steps.map((step) => step.id));
    tally.read = window.length;
    const flight = beginFlight("", 0, { uri: "memory:" }, {});
    const { failures } = flight;
    const application = new StepApplication(chain, tally);
    const lanes = await application.applyAll(
      window.map((sample) => ({ flight, samples: [sample] })),
      2,
      2,
    );
    const left = lanes.flatMap((lane) => lane.samples);
    tally.written = left.length;
    const accounting = tally.accounting();
    const unbalanced = imbalances([accounting]);
    if (unbalanced.length > 0) throw new Error(unbalanced.join("; "));
    return { left, failures, accounting };
  }
}
