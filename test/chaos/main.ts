// Random pipelines under random accidents: whatever happens, the dataset is that of an undisturbed run.
// npm run chaos -- --seed N --rounds R [--seconds S] [--json FILE]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { z } from "zod";
import { figureLines, figuresOf } from "./figures.ts";
import { type RoundResult, runRound } from "./round.ts";
import { UndisturbedRuns } from "./undisturbed-run.ts";

const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const optionsSchema = z.object({
  seed: count.optional(),
  rounds: count.optional(),
  seconds: z.coerce.number().positive().optional(),
  json: z.string().optional(),
});

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    json: { type: "string" },
  },
});
const { seed = Math.floor(Math.random() * 2 ** 31), rounds, seconds, json } = optionsSchema.parse(values);
// A limit in time alone means: as many rounds as go into it.
const mostRounds = rounds ?? (seconds === undefined ? 20 : Number.POSITIVE_INFINITY);

const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
const folder = await mkdtemp(path.join(tmpdir(), "pipeline-chaos-"));
const undisturbedRuns = new UndisturbedRuns(folder);
const results: RoundResult[] = [];

for (let index = 0; index < mostRounds && elapsed() < (seconds ?? Number.POSITIVE_INFINITY); index++) {
  const undisturbed = await undisturbedRuns.of(seed + index);
  const result = await runRound(seed + index, undisturbed);
  results.push(result);
  process.stdout.write(`${roundLine(result)}\n`);
  if (result.findings.length === 0) continue;
  undisturbedRuns.keepFolder();
  for (const finding of result.findings.slice(0, 12)) process.stdout.write(`     ${finding}\n`);
  process.stdout.write(
    `     kept in ${result.folder}\n     again: npm run chaos -- --seed ${result.seed} --rounds 1\n`,
  );
}

const figures = figuresOf(seed, results, elapsed());
process.stdout.write(`${figureLines(figures).join("\n")}\n`);
if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 1)}\n`);
if (figures.failures.length === 0) await rm(folder, { recursive: true, force: true });
process.exitCode = figures.failures.length === 0 ? 0 : 1;

function roundLine({ seed: roundSeed, seconds: took, sessions, accidents, findings }: RoundResult): string {
  const verdict = findings.length === 0 ? "ok  " : "FAIL";
  return `${verdict} ${roundSeed}  ${took.toFixed(1)} s, ${sessions} sessions: ${accidents.join(", ") || "nothing happened"}`;
}
