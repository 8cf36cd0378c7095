// Packs the project as it would be published, installs the tarball into an empty folder as a stranger would, and
// uses it: the `pipeline` command, both entry points, and their types.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Compiles only when types flow from the schemas: an expected error that does not come is an error. */
const program = `
import { pipeline, run } from "multimodal-pipeline";
import { checkOperator } from "multimodal-pipeline/testing";
// @ts-expect-error: the option is called path
pipeline().source("files", { pathh: "./texts" });
const job = pipeline().source("files", { path: "./texts" }).sink("jsonl").output("./out-of-code");
const summary = await run(job);
console.log(summary.outcome, summary.accounting.written, typeof checkOperator);
`;
const compilerOptions = ["--module", "nodenext", "--target", "es2023", "--strict", "--skipLibCheck", "--types", ""];

const folder = mkdtempSync(path.join(tmpdir(), "pack-smoke-"));

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function expectIn(text: string, expected: string, what: string): void {
  if (!text.includes(expected)) throw new Error(`${what}: expected ${JSON.stringify(expected)} in:\n${text}`);
}

try {
  run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  const [tarball] = readdirSync(folder);
  if (tarball === undefined) throw new Error("npm pack made no tarball");

  const app = path.join(folder, "app");
  mkdirSync(path.join(app, "texts"), { recursive: true });
  writeFileSync(path.join(app, "package.json"), '{ "name": "app", "private": true, "type": "module" }\n');
  run("npm", ["install", "--silent", "--no-audit", "--no-fund", path.join(folder, tarball)], app);

  const cli = path.join(app, "node_modules", ".bin", "pipeline");
  const manifest: unknown = JSON.parse(
    run(process.execPath, ["-p", "JSON.stringify(require('./package.json').version)"], root),
  );
  expectIn(run(cli, ["--version"], app), String(manifest), "pipeline --version");

  writeFileSync(path.join(app, "texts", "a.txt"), "The quick brown fox jumps over the lazy dog.\n");
  const file = "source:\n  files: { path: ./texts }\nsink: jsonl\noutput: ./out\n";
  writeFileSync(path.join(app, "pipeline.yaml"), file);
  run(cli, ["run", "pipeline.yaml", "--quiet"], app);
  expectIn(readdirSync(path.join(app, "out")).join("\n"), "_SUCCESS", "the output folder");

  writeFileSync(path.join(app, "use.ts"), program);
  run(path.join(root, "node_modules", ".bin", "tsc"), [...compilerOptions, "use.ts"], app);
  expectIn(run(process.execPath, ["use.js"], app), "succeeded 1 function", "the program");
  process.stdout.write(`pack smoke: ${tarball} installs, runs and imports\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
