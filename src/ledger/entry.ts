import { z } from "zod";
import type { Accounting } from "../contract/accounting.ts";
import type { Plan } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";
import { PipelineError } from "../model/errors.ts";

/** Version of the entries that this program writes; it reads this one and older ones. */
export const ledgerVersion = 1;

const counts = z.record(z.string(), z.int().nonnegative());

const accounting: z.ZodType<Accounting> = z.strictObject({
  read: z.int().nonnegative(),
  bytesRead: z.int().nonnegative(),
  unreadable: counts,
  steps: z.record(
    z.string(),
    z.strictObject({
      in: z.int().nonnegative(),
      kept: z.int().nonnegative(),
      dropped: counts,
      failed: counts,
      split: z.int().nonnegative(),
      children: z.int().nonnegative(),
    }),
  ),
  unwritable: counts,
  written: z.int().nonnegative(),
});

const shard = z.strictObject({
  name: z.string(),
  storedAs: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  samples: z.int().nonnegative(),
});

const receipt: z.ZodType<Receipt> = z.strictObject({
  stage: z.int().nonnegative(),
  split: z.int().nonnegative(),
  attempt: z.int().positive(),
  shards: z.array(shard),
  quarantine: shard.exactOptional(),
  outcomes: shard.exactOptional(),
  accounting,
  seconds: z.number().nonnegative(),
});

const json: z.ZodType<Plan["source"]["options"]> = z.record(z.string(), z.json());
const component = z.strictObject({ name: z.string(), options: json });

const plan: z.ZodType<Plan> = z.strictObject({
  version: z.literal(1),
  source: component,
  stages: z.array(
    z.strictObject({
      index: z.int().nonnegative(),
      kind: z.enum(["map", "gather"]),
      steps: z.array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          options: json,
          kind: z.enum(["map", "batch", "gather"]),
          seed: z.number(),
        }),
      ),
    }),
  ),
  sink: component,
  streaming: z.boolean(),
  seed: z.number(),
});

/** The input as it was when the run began: chunks of split lines, each with what proves it unchanged. */
const frozenInput = z.strictObject({
  chunks: z.array(z.strictObject({ name: z.string(), splits: z.int().positive(), sha256: z.string() })),
  splits: z.int().positive(),
  bytes: z.int().nonnegative(),
  /** Null where listing does not tell. */
  samples: z.int().nonnegative().nullable(),
});
export type FrozenInput = z.infer<typeof frozenInput>;

const startEntry = z.strictObject({
  version: z.literal(1),
  type: z.literal("start"),
  at: z.iso.datetime(),
  runId: z.string(),
  planHash: z.string(),
  plan,
  /** By step id: digests of what decides outcomes beside the options. */
  fingerprints: z.record(z.string(), z.string()),
  input: frozenInput,
});

const commitEntry = z.strictObject({
  version: z.literal(1),
  type: z.literal("commit"),
  at: z.iso.datetime(),
  receipts: z.array(receipt).min(1),
});

/** Every task is done and the accounts balance; what remains is to publish, which can be repeated. */
const finishEntry = z.strictObject({
  version: z.literal(1),
  type: z.literal("finish"),
  at: z.iso.datetime(),
});

const ledgerEntry = z.discriminatedUnion("type", [startEntry, commitEntry, finishEntry]);
export type LedgerEntry = z.infer<typeof ledgerEntry>;
export type StartEntry = z.infer<typeof startEntry>;

const namePattern = /^checkpoint_(\d{6,})\.json$/;

export function checkpointName(number: number): string {
  return `checkpoint_${String(number).padStart(6, "0")}`;
}

/** The number in a checkpoint's object name, undefined for other objects. */
export function checkpointNumber(objectName: string): number | undefined {
  const digits = namePattern.exec(objectName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeEntry(entry: LedgerEntry): Uint8Array {
  return Buffer.from(`${JSON.stringify(entry, null, 1)}\n`, "utf8");
}

/** Throws LEDGER_VERSION for an entry of a newer program, LEDGER_CORRUPT for what is no entry. */
export function parseEntry(bytes: Uint8Array, name: string, location: string): LedgerEntry {
  const where = `${name}.json in ${location}`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new PipelineError("LEDGER_CORRUPT", `${where} is not JSON`, { cause, details: { name, location } });
  }
  const version = z.object({ version: z.number() }).safeParse(value);
  if (version.success && version.data.version > ledgerVersion) {
    throw new PipelineError(
      "LEDGER_VERSION",
      `${where} has version ${version.data.version}: expected at most ${ledgerVersion}`,
      {
        details: { name, location },
      },
    );
  }
  const parsed = ledgerEntry.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PipelineError(
    "LEDGER_CORRUPT",
    `${where} is no checkpoint: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    {
      details: { name, location },
    },
  );
}
