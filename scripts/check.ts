// The gate: every part that must hold before a change lands. Runs all of them, whatever fails, then sums up.
// `npm run check` runs everything, `npm run check -- lint types` only these, `-- --except tests` all but these.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Part {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly remedy: string;
}

interface Verdict {
  readonly part: Part;
  readonly hasPassed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** `quick` parts run side by side; the tests take every core and come last. */
const quick: readonly Part[] = [
  { name: "format", command: ["biome", "check", "--error-on-warnings", "."], remedy: "npm run format" },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"], remedy: "the rules are in .oxlintrc.json" },
  {
    name: "layers",
    command: ["node", "scripts/check-layers.ts"],
    remedy: "the rules are in scripts/layer-rules.ts",
  },
  { name: "types", command: ["tsc", "--noEmit"], remedy: "the options are in tsconfig.json" },
  { name: "unused", command: ["knip", "--no-progress"], remedy: "remove it, or see knip.json" },
  { name: "generated", command: ["node", "scripts/generate-reference.ts", "--check"], remedy: "npm run generate" },
  { name: "benchmarks", command: ["node", "bench/report.ts", "--check"], remedy: "npm run generate" },
];
const tests: Part = { name: "tests", command: ["vitest", "run", "--reporter=dot"], remedy: "npm test -- <file>" };

const root = fileURLToPath(new URL("..", import.meta.url));

function runPart(part: Part): Promise<Verdict> {
  const [program, ...args] = part.command;
  const started = performance.now();
  return new Promise((resolve) => {
    const output: Buffer[] = [];
    const child = spawn(fileURLToPath(new URL(`../node_modules/.bin/${program}`, import.meta.url)), args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const finish = (hasPassed: boolean) =>
      resolve({
        part,
        hasPassed,
        seconds: (performance.now() - started) / 1000,
        output: Buffer.concat(output).toString(),
      });
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      finish(false);
    });
    child.on("close", (status) => finish(status === 0));
  });
}

function chosenParts(args: readonly string[]): readonly Part[] {
  const all = [...quick, tests];
  const isExcept = args[0] === "--except";
  const names = isExcept ? args.slice(1) : args;
  const unknown = names.filter((name) => !all.some((part) => part.name === name));
  if (unknown.length > 0 || (isExcept && names.length === 0)) {
    const known = all.map((part) => part.name).join(", ");
    process.stderr.write(`check: expected parts among ${known}; received ${unknown.join(", ") || "none"}\n`);
    process.exit(2);
  }
  if (names.length === 0) return all;
  return all.filter((part) => names.includes(part.name) !== isExcept);
}

const parts = chosenParts(process.argv.slice(2));
const verdicts = await Promise.all(parts.filter((part) => part !== tests).map(runPart));
if (parts.includes(tests)) verdicts.push(await runPart(tests));

const failed = verdicts.filter((verdict) => !verdict.hasPassed);
for (const { part, output } of failed) process.stdout.write(`--- ${part.name}\n${output.trimEnd()}\n\n`);
for (const { part, hasPassed, seconds } of verdicts) {
  const ending = hasPassed ? "" : `  -> ${part.remedy}`;
  process.stdout.write(`${hasPassed ? "ok  " : "FAIL"} ${part.name.padEnd(10)} ${seconds.toFixed(1)} s${ending}\n`);
}
process.stdout.write(
  failed.length === 0
    ? `check: ${verdicts.length} parts ok\n`
    : `check: ${failed.length} of ${verdicts.length} parts failed\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
