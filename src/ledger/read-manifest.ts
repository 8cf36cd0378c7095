import { z } from "zod";
import { PipelineError } from "../model/errors.ts";
import type { Storage } from "../storage/storage.ts";
import { joinUri } from "../storage/uri.ts";
import { type Manifest, manifestName } from "./manifest.ts";
import { accountingSchema } from "./receipt-schema.ts";

const file = z.strictObject({
  name: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  samples: z.int().nonnegative(),
});
const count = z.int().nonnegative();

const manifest: z.ZodType<Manifest> = z.strictObject({
  version: z.literal(1),
  planHash: z.string(),
  totals: z.strictObject({
    read: count,
    children: count,
    written: count,
    dropped: count,
    failed: count,
    split: count,
  }),
  accounting: accountingSchema,
  shards: z.array(file),
  quarantine: z.array(file),
  outcomes: z.array(file).default([]),
  spools: z.array(file).default([]),
});

/** The manifest of a finished dataset. Rejects with DATASET_DAMAGED when there is none, or when it is not one. */
export async function readManifest(storage: Storage, output: string): Promise<Manifest> {
  const uri = joinUri(output, manifestName);
  if ((await storage.stat(uri)) === undefined) {
    throw new PipelineError(
      "DATASET_DAMAGED",
      `${output} has no ${manifestName}: the run is not finished, or it is lost`,
      {
        details: { output },
      },
    );
  }
  const bytes = await storage.read(uri);
  try {
    return manifest.parse(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")));
  } catch (cause) {
    throw new PipelineError("DATASET_DAMAGED", `${uri} cannot be read as a manifest`, { cause, details: { uri } });
  }
}
