import { createHash } from "node:crypto";
import { PipelineError } from "../model/errors.ts";
import type { LedgerStore } from "./ledger-store.ts";

/** Lowercase hex. */
export function sha256Of(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** An object that an entry or a snapshot mentions. Rejects with LEDGER_CORRUPT when it is not what was written. */
export async function readIntact(
  store: LedgerStore,
  mentioned: { readonly name: string; readonly sha256: string },
): Promise<Buffer> {
  const content = await store.get(mentioned.name);
  const found = sha256Of(content);
  if (found === mentioned.sha256) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  throw new PipelineError(
    "LEDGER_CORRUPT",
    `${mentioned.name} in ${store.location} is damaged: expected sha256 ${mentioned.sha256}, found ${found}`,
    { details: { name: mentioned.name, location: store.location } },
  );
}
