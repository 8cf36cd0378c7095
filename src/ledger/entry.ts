import { z } from "zod";
import { PipelineError } from "../model/errors.ts";
import { planSchema, receiptSchema, taskId } from "./receipt-schema.ts";
import { addedInput, frozenInput, retryObject, stateRecord } from "./state-record.ts";

/** Version of the objects that this program writes into a ledger; it reads this one and older ones. */
export const ledgerVersion = 3;

const version = z.int().min(1).max(ledgerVersion);
const head = { version, at: z.iso.datetime() };

const startEntry = z.strictObject({
  ...head,
  type: z.literal("start"),
  runId: z.string(),
  planHash: z.string(),
  plan: planSchema,
  /** By step id: digests of what decides outcomes beside the options. */
  fingerprints: z.record(z.string(), z.string()),
  /** The input as it was when the run began. */
  input: frozenInput,
  /** How the run was asked to judge: what runs its plan again later does the same. */
  judgement: z
    .strictObject({ maxFailureRatio: z.number().min(0).max(1), sampleTimeoutSeconds: z.number().positive() })
    .exactOptional(),
});

const commitEntry = z.strictObject({ ...head, type: z.literal("commit"), receipts: z.array(receiptSchema).min(1) });

/** Every task is done and the accounts balance; what remains is to publish, which can be repeated. */
const finishEntry = z.strictObject({ ...head, type: z.literal("finish") });

/** Everything is as it was after an earlier checkpoint. Carries that state, so that the earlier entries may go. */
const rollbackEntry = z.strictObject({
  ...head,
  type: z.literal("rollback"),
  /** Name of the checkpoint: the value that asked for it. */
  to: z.string(),
  state: stateRecord,
});

/** Some tasks are not done after all: what they wrote was damaged. Carries the state without them. */
const redoEntry = z.strictObject({
  ...head,
  type: z.literal("redo"),
  tasks: z.array(taskId).min(1),
  state: stateRecord,
});

/** Failed samples are to be tried again: there are tasks of one more stage. */
const retryEntry = z.strictObject({
  ...head,
  type: z.literal("retry"),
  object: retryObject,
  /** As in the start entry, of now: an operator may have been mended. */
  fingerprints: z.record(z.string(), z.string()),
});

/** Input that has come since is part of the run: there are more tasks of the first stage. */
const extendEntry = z.strictObject({ ...head, type: z.literal("extend"), input: addedInput });

const ledgerEntry = z.discriminatedUnion("type", [
  retryEntry,
  startEntry,
  commitEntry,
  finishEntry,
  rollbackEntry,
  redoEntry,
  extendEntry,
]);
export type LedgerEntry = z.infer<typeof ledgerEntry>;
export type StartEntry = z.infer<typeof startEntry>;

/** The state after a checkpoint, so that a reader can begin there: `snapshots/<sequence>.json`. */
const snapshot = z.strictObject({
  version,
  start: startEntry,
  state: stateRecord,
});
export type Snapshot = z.infer<typeof snapshot>;

const namePattern = /^checkpoint_(\d{6,})\.json$/;
const snapshotPattern = /^snapshots\/(\d{6,})\.json$/;

export const entryPrefix = "checkpoint_";
export const snapshotPrefix = "snapshots/";

export function checkpointName(number: number): string {
  return `${entryPrefix}${paddedNumber(number)}`;
}

export function snapshotName(sequence: number): string {
  return `${snapshotPrefix}${paddedNumber(sequence)}.json`;
}

/** The number of an entry, from its object name or the checkpoint's name; undefined for anything else. */
export function checkpointNumber(name: string): number | undefined {
  return numberIn(namePattern, name.endsWith(".json") ? name : `${name}.json`);
}

export function snapshotSequence(objectName: string): number | undefined {
  return numberIn(snapshotPattern, objectName);
}

export function encodeObject(value: LedgerEntry | Snapshot): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`, "utf8");
}

/** Throws LEDGER_VERSION for an entry of a newer program, LEDGER_CORRUPT for what is no entry. */
export function parseEntry(bytes: Uint8Array, objectName: string, location: string): LedgerEntry {
  return parseObject(ledgerEntry, bytes, "checkpoint", objectName, location);
}

/** Throws as `parseEntry` does. */
export function parseSnapshot(bytes: Uint8Array, objectName: string, location: string): Snapshot {
  return parseObject(snapshot, bytes, "snapshot", objectName, location);
}

function parseObject<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string, name: string, location: string): T {
  const where = `${name} in ${location}`;
  const details = { name, location };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (cause) {
    throw new PipelineError("LEDGER_CORRUPT", `${where} is not JSON`, { cause, details });
  }
  const versioned = z.object({ version: z.number() }).safeParse(value);
  if (versioned.success && versioned.data.version > ledgerVersion) {
    throw new PipelineError(
      "LEDGER_VERSION",
      `${where} has version ${versioned.data.version}: expected at most ${ledgerVersion}`,
      { details },
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PipelineError(
    "LEDGER_CORRUPT",
    `${where} is no ${what}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    { details },
  );
}

function numberIn(pattern: RegExp, name: string): number | undefined {
  const digits = pattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function paddedNumber(number: number): string {
  return String(number).padStart(6, "0");
}
