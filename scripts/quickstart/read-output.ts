import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const file = z.object({ name: z.string(), bytes: z.int(), sha256: z.string(), samples: z.int() });

const manifestSchema = z.looseObject({
  totals: z.object({ read: z.int(), written: z.int(), dropped: z.int(), failed: z.int() }),
  shards: z.array(file),
  quarantine: z.array(file),
});

const recordSchema = z.object({
  id: z.string(),
  uri: z.string(),
  step: z.string(),
  error: z.object({ code: z.string(), message: z.string() }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type FailedSample = z.infer<typeof recordSchema>;

/** The manifest of a finished dataset. */
export function readManifest(output: string): Manifest {
  return manifestSchema.parse(JSON.parse(readFileSync(path.join(output, "_manifest.json"), "utf8")));
}

/** Every quarantined sample that the manifest knows of. */
export function readQuarantine(output: string, manifest: Manifest): readonly FailedSample[] {
  return manifest.quarantine.flatMap(({ name }) =>
    readFileSync(path.join(output, name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => recordSchema.parse(JSON.parse(line))),
  );
}
