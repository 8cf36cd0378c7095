import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const fileSchema = z.object({ name: z.string(), bytes: z.int(), sha256: z.string(), samples: z.int() });
const totalsSchema = z.object({
  read: z.int(),
  children: z.int(),
  written: z.int(),
  dropped: z.int(),
  failed: z.int(),
  split: z.int(),
});
const manifestSchema = z.object({
  totals: totalsSchema,
  shards: z.array(fileSchema),
  quarantine: z.array(fileSchema),
});

/** What is wrong with a finished dataset by itself: unfinished files, sums, files that are not as the manifest says. */
export async function datasetFindings(output: string): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const name of await readdir(output, { recursive: true })) {
    if (name.endsWith(".tmp")) findings.push(`an unfinished file is left: ${name}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path.join(output, "_manifest.json"), "utf8"));
  } catch (error) {
    return [...findings, `the manifest cannot be read: ${String(error)}`];
  }
  const { totals, shards, quarantine } = manifestSchema.parse(parsed);
  const ends = totals.written + totals.dropped + totals.failed + totals.split;
  if (totals.read + totals.children !== ends) {
    findings.push(`the manifest does not balance: ${totals.read} + ${totals.children} in, ${ends} out`);
  }
  findings.push(...sumFindings("shards", shards, "written", totals.written));
  findings.push(...sumFindings("quarantine files", quarantine, "failed", totals.failed));
  for (const file of [...shards, ...quarantine]) {
    const bytes = await readFile(path.join(output, file.name));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (bytes.length !== file.bytes || sha256 !== file.sha256)
      findings.push(`${file.name} is not what the manifest says`);
  }
  return findings;
}

function sumFindings(
  what: string,
  files: readonly z.output<typeof fileSchema>[],
  total: string,
  expected: number,
): readonly string[] {
  const sum = files.reduce((samples, file) => samples + file.samples, 0);
  return sum === expected ? [] : [`the ${what} of the manifest hold ${sum} samples, but ${expected} are ${total}`];
}

/** How a dataset differs from the one that it should be, by names and bytes. */
export function differences(
  expected: ReadonlyMap<string, string>,
  received: ReadonlyMap<string, string>,
): readonly string[] {
  const findings: string[] = [];
  for (const [name, digest] of expected) {
    const other = received.get(name);
    if (other === undefined) findings.push(`${name} is missing`);
    else if (other !== digest) findings.push(`${name} has other bytes than the undisturbed run gives`);
  }
  for (const name of received.keys()) if (!expected.has(name)) findings.push(`${name} is too much`);
  return findings;
}
