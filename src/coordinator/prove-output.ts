import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { Plan } from "../contract/plan.ts";
import type { Split } from "../contract/source.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { checkConditionalWrites, folderToProve } from "../storage/check-conditional-writes.ts";
import { storageFor } from "../storage/open-storage.ts";

/**
 * Proves that each folder can be written, or made, and that its storage honours conditional writes, on which the
 * ledger rests. Makes nothing that stays. Rejects with OUTPUT_UNWRITABLE, STORAGE_FULL or CONDITIONAL_WRITES_IGNORED.
 */
export async function proveOutput(folders: readonly string[]): Promise<void> {
  const proven = new Set<string>();
  for (const folder of folders) {
    const storage = storageFor(folder);
    const at = await folderToProve(storage, folder);
    if (proven.has(at)) continue;
    proven.add(at);
    await checkConditionalWrites(storage, at);
  }
}

/**
 * Freezes the splits while the folders are proven. A refusal ends the listing at its next split. Rejects with
 * what failed, and with PREFLIGHT_FAILED, which lists both, when input and output fail.
 */
export async function whileProvingOutput<Frozen>(
  folders: readonly string[],
  splits: AsyncIterable<Split>,
  freeze: (splits: AsyncIterable<Split>) => Promise<Frozen>,
): Promise<Frozen> {
  let refusal: PipelineError | undefined;
  const proving = proveOutput(folders).catch((cause: unknown) => {
    refusal = asPipelineError(cause, "OUTPUT_UNWRITABLE", "the output cannot be written");
  });
  const guarded = async function* (): AsyncGenerator<Split> {
    for await (const split of splits) {
      if (refusal !== undefined) throw refusal;
      yield split;
    }
  };
  const [frozen] = await Promise.allSettled([freeze(guarded()), proving]);
  if (refusal === undefined) {
    if (frozen.status === "rejected") throw frozen.reason;
    return frozen.value;
  }
  if (frozen.status === "fulfilled") throw refusal;
  const failure = asPipelineError(frozen.reason, "INTERNAL", "the input cannot be listed");
  // What cannot be written fails for whoever writes: said once.
  throw failure.code === refusal.code ? refusal : bothFailed([failure, refusal]);
}

function bothFailed(errors: readonly PipelineError[]): PipelineError {
  const findings = errors.map(({ code, message, remedy }) => `${code}: ${message}\n${remedy}`);
  return new PipelineError("PREFLIGHT_FAILED", `the run cannot begin\n\n${findings.join("\n\n")}\n`, {
    details: { findings: errors.map(({ code, message, details, remedy }) => ({ code, message, details, remedy })) },
  });
}

export interface SpaceShortage {
  readonly folder: string;
  readonly freeBytes: number;
  readonly estimatedBytes: number;
}

/** Defined when less is free than the input takes as it is, once for each stage that writes it. */
export async function spaceShortage(
  plan: Plan,
  catalog: Catalog,
  folder: string,
  input: { readonly bytes: number },
): Promise<SpaceShortage | undefined> {
  const freeBytes = await storageFor(folder).freeBytes(folder);
  const estimatedBytes = input.bytes * plan.stages.length;
  if (freeBytes === undefined || estimatedBytes <= freeBytes) return undefined;
  const sink = await loadComponent(catalog.sinks, "sink", plan.sink.name);
  // A sink of references writes next to nothing.
  if (plan.stages.length === 1 && !sink.needsBytes(sink.options.parse(plan.sink.options))) return undefined;
  return { folder, freeBytes, estimatedBytes };
}
