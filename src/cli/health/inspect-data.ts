import { totalsOf } from "../../contract/accounting.ts";
import { formatBytes } from "../../contract/units.ts";
import { runAccounts } from "../../coordinator/run-accounts.ts";
import { checkpointName } from "../../ledger/entry.ts";
import { Ledger } from "../../ledger/ledger.ts";
import type { LedgerStore } from "../../ledger/ledger-store.ts";
import { asPipelineError, PipelineError } from "../../model/errors.ts";
import type { HealthChecks, HealthEntry, HealthStatus } from "../../server/health-report.ts";
import { checkConditionalWrites, folderToProve } from "../../storage/check-conditional-writes.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { joinUri } from "../../storage/uri.ts";
import { findLedger } from "../ledger-folder.ts";
import { inspectDataset } from "./inspect-dataset.ts";

/** Failed samples among those that were read or made: more than this is worth a look. */
const warnFailureRatio = 0.1;
/** Less than this hardly holds one more shard. */
const warnFreeBytes = 2 ** 30;

export interface DataQuestion {
  /** URI of the output folder of a run, or of its folder of checkpoints. */
  readonly output: string;
  /** Where the checkpoints lie elsewhere. */
  readonly checkpoints: string | undefined;
  /** Nothing is written, not even to find out whether it could be. */
  readonly isReadOnly: boolean;
}

type Observed = Partial<HealthEntry> & { readonly status: HealthStatus };

/**
 * Looks at what lies behind an output path: its storage, the ledger, the dataset. Reads no sample: `verify` does that.
 * What cannot be looked at is a check that fails, never an exception.
 */
export async function inspectData({ output, checkpoints, isReadOnly }: DataQuestion): Promise<HealthChecks> {
  const checks: { [key: string]: readonly HealthEntry[] } = {};
  const add = async (key: string, componentType: HealthEntry["componentType"], observe: () => Promise<Observed>) => {
    const observed = await observe().catch(failure);
    checks[key] = [{ componentType, time: new Date().toISOString(), ...observed }];
    return observed.status !== "fail";
  };
  const isReachable = await add("storage:responseTime", "datastore", () => responseTime(output));
  if (!isReachable) return checks;
  if (!isReadOnly) await add("storage:writable", "datastore", () => writable(output));
  await add("storage:freeSpace", "datastore", () => freeSpace(output));
  let found: { readonly output: string; readonly store: LedgerStore; readonly ledger: Ledger } | undefined;
  await add("ledger:state", "datastore", async () => {
    const folders = await findLedger(output, checkpoints);
    found = { ...folders, ledger: await Ledger.open(folders.store) };
    return ledgerState(found.ledger, found.store);
  });
  if (found === undefined) return checks;
  const { ledger, store } = found;
  const folder = found.output;
  await add("checkpoint:age", "datastore", async () => checkpointAge(ledger));
  await add("tasks:unfinished", "component", async () => unfinishedTasks(ledger));
  await add("samples:failureRatio", "component", async () => failureRatio(ledger));
  const dataset = await inspectDataset(folder, store, ledger).catch((error: unknown) => ({
    "manifest:complete": failure(error),
  }));
  for (const [key, observed] of Object.entries(dataset)) await add(key, "datastore", async () => observed);
  return checks;
}

function failure(error: unknown): Observed {
  const { code, message } = asPipelineError(error, "INTERNAL", "unexpected error");
  return { status: "fail", output: `${code}: ${message}` };
}

async function responseTime(output: string): Promise<Observed> {
  const storage = storageFor(output);
  const started = performance.now();
  await storage.stat(joinUri(output, "_SUCCESS"));
  const milliseconds = Math.round((performance.now() - started) * 10) / 10;
  return { status: "pass", observedValue: milliseconds, observedUnit: "ms" };
}

async function writable(output: string): Promise<Observed> {
  const storage = storageFor(output);
  await checkConditionalWrites(storage, await folderToProve(storage, output));
  return { status: "pass", observedValue: "yes" };
}

async function freeSpace(output: string): Promise<Observed> {
  const bytes = await storageFor(output).freeBytes(output);
  if (bytes === undefined) return { status: "pass", observedValue: "unlimited" };
  const base = { observedValue: bytes, observedUnit: "bytes" };
  return bytes >= warnFreeBytes
    ? { ...base, status: "pass" }
    : { ...base, status: "warn", output: `${formatBytes(bytes)} are free: less than ${formatBytes(warnFreeBytes)}` };
}

/** That the ledger could be opened says that its entries are whole; here, that what they point to is there. */
async function ledgerState(ledger: Ledger, store: LedgerStore): Promise<Observed> {
  const { state, start } = ledger;
  if (start === undefined)
    throw new PipelineError("LEDGER_CORRUPT", `${store.location} holds no entry that begins a run`);
  const names = new Set<string>();
  for await (const name of store.names("")) names.add(name);
  const needed = [...state.input.flatMap(({ chunks }) => chunks), ...state.segments, ...state.retries];
  const lost = needed.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const base = { componentId: start.runId, observedValue: state.isFinished ? "finished" : "unfinished" };
  if (lost.length === 0) return { ...base, status: "pass" };
  return {
    ...base,
    status: "fail",
    output: `LEDGER_CORRUPT: ${lost.length} of its objects are lost, such as ${lost[0]}; \`pipeline checkpoints verify\` reads them all`,
  };
}

function checkpointAge({ state }: Ledger): Observed {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(state.at)) / 1000));
  return {
    status: "pass",
    componentId: checkpointName(state.number),
    observedValue: seconds,
    observedUnit: "s",
  };
}

function unfinishedTasks({ state, start }: Ledger): Observed {
  const { splits } = state;
  const stages = start?.plan.stages.length ?? 1;
  if (state.isFinished) return { status: "pass", observedValue: 0, observedUnit: "tasks" };
  const stage = Math.min(stages, Math.max(1, state.stages.length));
  const done = state.stages[stage - 1]?.done.size ?? 0;
  // How many tasks a later stage has follows from what the stage before wrote.
  const left = stage === 1 ? splits - done : undefined;
  const what =
    left === undefined ? `stage ${stage} of ${stages} is not finished` : `${left} of ${splits} splits are not done`;
  return {
    status: "warn",
    ...(left === undefined ? {} : { observedValue: left, observedUnit: "tasks" }),
    output: `${what}${stages > 1 && left !== undefined ? ` in stage 1 of ${stages}` : ""}; the run goes on when it is started again`,
  };
}

function failureRatio({ state, start }: Ledger): Observed {
  const { run, failureRatio: ratio } = runAccounts(state, start?.plan.stages.length ?? 1);
  const { read, children, failed } = totalsOf(run);
  const base = { observedValue: Math.round(ratio * 1e4) / 1e4, observedUnit: "ratio" };
  if (ratio <= warnFailureRatio) return { ...base, status: "pass" };
  return {
    ...base,
    status: "warn",
    output: `${failed} of ${read + children} samples failed: \`pipeline quarantine list\` shows them`,
  };
}
