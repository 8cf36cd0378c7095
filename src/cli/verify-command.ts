import process from "node:process";
import { formatBytes } from "../contract/units.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { formatCount } from "../telemetry/format-quantity.ts";
import { fitText, paintFor } from "../telemetry/paint.ts";
import { exitCodes } from "./exit-code.ts";
import { openRun, type RecordedRun } from "./open-run.ts";
import { watchMode } from "./run-watch.ts";
import { terminal } from "./terminal.ts";
import { repairDataset } from "./verify/repair-dataset.ts";
import { type Damage, type Verification, verifyDataset } from "./verify/verify-dataset.ts";

export interface VerifyOptions {
  readonly checkpoints?: string;
  readonly repair?: true;
  readonly json?: true;
}

/** Damage that a run of what the ledger lists mends. */
const mended: ReadonlySet<Damage["kind"]> = new Set(["missing", "size", "sha256", "unreadable", "samples", "manifest"]);
/** A damaged manifest hides what else is damaged until it is written anew. */
const mostRepairs = 2;

/** `pipeline verify <output>`: holds the dataset to its manifest; with `--repair`, runs again what is damaged. Exit code 1 when damage is left. */
export async function verifyCommand(
  output: string,
  flags: Flags,
  executor: ExecutorChoice,
  options: VerifyOptions,
): Promise<number> {
  const run = await openRun(output, options.checkpoints);
  let verification = await verify(run, options);
  const before = verification.damages;
  for (let repairs = 0; options.repair === true && repairs < mostRepairs; repairs++) {
    const damages = verification.damages.filter(({ kind }) => mended.has(kind));
    if (damages.length === 0) break;
    if (options.json !== true) terminal.note(...damageLines(damages), `running again what is damaged …`);
    const exitCode = await repairDataset(
      run,
      damages,
      flags,
      executor,
      options.json === true ? "quiet" : watchMode({}),
    );
    if (exitCode !== exitCodes.done) return exitCode;
    verification = await verify(run, options);
  }
  if (options.json === true)
    terminal.printJson({ ...verification, repaired: before.length - verification.damages.length });
  else terminal.print(...damageLines(verification.damages), verdictLine(verification, before.length));
  return verification.damages.length === 0 ? exitCodes.done : exitCodes.failed;
}

function verify(run: RecordedRun, { json }: VerifyOptions): Promise<Verification> {
  const isShown = json !== true && process.stderr.isTTY;
  return verifyDataset(run, (name, index, count) => {
    if (isShown) process.stderr.write(`\r\u001b[2Kreading ${index + 1} of ${count}: ${fitText(name, 60)}`);
  }).finally(() => {
    if (isShown) process.stderr.write("\r\u001b[2K");
  });
}

function damageLines(damages: readonly Damage[]): readonly string[] {
  const paint = paintFor(process.stdout);
  return damages.map(
    ({ kind, file, message }) => `${paint("red", kind.padEnd(10))}  ${fitText(file, 80)}: ${fitText(message, 300)}`,
  );
}

function verdictLine({ files, bytes, samples, damages }: Verification, before: number): string {
  const paint = paintFor(process.stdout);
  const read = `${formatCount(files)} files, ${formatBytes(bytes)}, ${formatCount(samples)} samples`;
  if (damages.length > 0) {
    const hint = damages.some(({ kind }) => mended.has(kind))
      ? "`--repair` runs again what is damaged"
      : "`--repair` cannot mend these: what is not the run's own is left alone";
    return `${paint("red", "damaged")}  findings: ${formatCount(damages.length)}; ${read}; ${hint}`;
  }
  return `${paint("green", before > 0 ? "repaired" : "sound")}  ${read}: as the manifest and the checkpoints say, and nothing beside it`;
}
