import { randomUUID } from "node:crypto";
import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { Plan } from "../contract/plan.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import type { Split } from "../contract/source.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { freezeInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import { manifestName } from "../ledger/manifest.ts";
import { PipelineError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import { differingKeys } from "../plan/differing-keys.ts";
import { planHash } from "../plan/plan-hash.ts";
import { storageFor } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";
import { relativeUri } from "../storage/uri.ts";
import { whileProvingOutput } from "./prove-output.ts";
import { isPublishedAs } from "./published.ts";

/**
 * The entry that begins the run: the one in the ledger when there is one, else a new one that freezes
 * the input. Rejects with PLAN_MISMATCH when the ledger belongs to another plan, OUTPUT_NOT_EMPTY when the
 * output folder holds something that no ledger explains. The plan's steps that name files are held to what these held.
 */
export async function beginRun(
  ledger: Ledger,
  store: LedgerStore,
  plan: Plan,
  catalog: Catalog,
  settings: RunSettings,
  listInput: () => AsyncIterable<Split>,
): Promise<StartEntry> {
  const { output, checkpoints, maxFailureRatio, sampleTimeoutSeconds } = settings;
  const hash = planHash(plan);
  const fingerprints = await fingerprintsOf(plan, catalog);
  if (ledger.start === undefined) await refuseForeignOutput(ledger, storageFor(output), output);
  if (ledger.start === undefined) {
    const runId = randomUUID();
    const input = await whileProvingOutput([output, checkpoints], listInput(), (splits) =>
      freezeInput(store, runId, splits),
    );
    if (input === undefined)
      throw new PipelineError("INPUT_EMPTY", "the source found nothing to read: expected at least one sample");
    const judgement = { maxFailureRatio, sampleTimeoutSeconds };
    await ledger.begin({ runId, planHash: hash, plan, fingerprints, input, judgement });
  }
  const { start } = ledger;
  if (start === undefined)
    throw new PipelineError("LEDGER_CORRUPT", `${store.location} holds no entry that begins the run`);
  refuseOtherRun(ledger, plan, hash, fingerprints, output);
  return start;
}

/**
 * What a run would find where its output goes: nothing, or a run of this plan to go on with. Rejects as `beginRun` does
 * when it is something else.
 */
export async function inspectOutput(
  plan: Plan,
  catalog: Catalog,
  { output, checkpoints }: Pick<RunSettings, "output" | "checkpoints">,
): Promise<"free" | "begun" | "published"> {
  const ledger = await Ledger.open(storedLedger(storageFor(checkpoints), checkpoints));
  if (ledger.start === undefined) {
    await refuseForeignOutput(ledger, storageFor(output), output);
    return "free";
  }
  const hash = planHash(plan);
  // The hash first: with another plan, files that its steps name matter no more.
  refuseOtherRun(ledger, plan, hash, {}, output);
  refuseOtherRun(ledger, plan, hash, await fingerprintsOf(plan, catalog), output);
  return ledger.state.isFinished && (await isPublishedAs(ledger.state, plan, storageFor(output), output))
    ? "published"
    : "begun";
}

function refuseOtherRun(
  { start, state }: Ledger,
  plan: Plan,
  hash: string,
  fingerprints: StartEntry["fingerprints"],
  output: string,
): void {
  if (start !== undefined && start.planHash !== hash) throw planMismatch(start.plan, plan, output);
  for (const [stepId, fingerprint] of Object.entries(fingerprints)) {
    if (state.fingerprints[stepId] !== fingerprint) throw stepChanged(stepId, output);
  }
}

/** By step id: digests of what decides outcomes beside the options. Reads the files that steps name. */
export async function fingerprintsOf(plan: Plan, catalog: Catalog): Promise<StartEntry["fingerprints"]> {
  const fingerprints: { [stepId: string]: string } = {};
  for (const step of plan.stages.flatMap((stage) => stage.steps)) {
    const spec = await loadComponent(catalog.operators, "operator", step.name);
    const fingerprint = await spec.fingerprint?.(spec.options.parse(step.options));
    if (fingerprint !== undefined) fingerprints[step.id] = fingerprint;
  }
  return fingerprints;
}

function stepChanged(stepId: string, output: string): PipelineError {
  return new PipelineError(
    "PLAN_MISMATCH",
    `${output} belongs to a run in which step ${stepId} had other code: the file that it names changed since the run began`,
    { details: { output, keys: [stepId] } },
  );
}

/** Rejects with OUTPUT_NOT_EMPTY, unless another coordinator has begun the run meanwhile: then the output is this run's. */
async function refuseForeignOutput(ledger: Ledger, storage: Storage, output: string): Promise<void> {
  const found = await foreignOutput(storage, output);
  if (found === undefined) return;
  await ledger.refresh();
  if (ledger.start === undefined)
    throw new PipelineError("OUTPUT_NOT_EMPTY", found.message, { details: found.details });
}

async function foreignOutput(
  storage: Storage,
  output: string,
): Promise<{ readonly message: string; readonly details: JsonObject } | undefined> {
  if ((await storage.stat(output)) !== undefined) {
    const message = `the output ${output} is a file: expected a folder, or a path where one can be made`;
    return { message, details: { output } };
  }
  for await (const object of storage.list(output)) {
    const name = relativeUri(output, object.uri);
    const what =
      name === manifestName
        ? "a finished dataset whose checkpoints are gone"
        : `${JSON.stringify(name)} and perhaps more`;
    const message = `the output folder ${output} holds ${what}, but no checkpoints of this run: expected an empty folder`;
    return { message, details: { output, found: name } };
  }
  return undefined;
}

function planMismatch(before: Plan, now: Plan, output: string): PipelineError {
  const keys = differingKeys(before, now);
  const shown = keys
    .slice(0, 5)
    .map((key) => `${key.path}: was ${JSON.stringify(key.before)}, now ${JSON.stringify(key.after)}`);
  const more = keys.length > shown.length ? [`and ${keys.length - shown.length} more`] : [];
  return new PipelineError(
    "PLAN_MISMATCH",
    `${output} belongs to a run with another plan: ${[...shown, ...more].join("; ")}`,
    {
      details: { output, keys: keys.map((key) => key.path) },
    },
  );
}
