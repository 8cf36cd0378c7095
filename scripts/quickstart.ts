// The main job on real input, through the real command line. Everything it makes lies in .quickstart/.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type MadeInput, makeInput } from "./quickstart/make-input.ts";
import { type Manifest, readManifest, readQuarantine } from "./quickstart/read-output.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = path.join(root, ".quickstart");
const cli = path.join(root, "dist", "cli", "main.js");

const pipelineFile = `# What the quickstart runs. Change something and run it again into another folder:
#   pipeline run .quickstart/pipeline.yaml --to .quickstart/mine
source:
  files: { path: ./input, splitSamples: 50 }
steps:
  - filter-image-size: { minWidthPixels: 200, minHeightPixels: 200 }
  - filter-image-aspect
  - filter-exposure
  - filter-blur
  - resize-image: { sizePixels: 256, mode: keep_ratio }
  - normalize-text
  - filter-language: { languages: [en] }
  - filter-gopher-quality
  - dedupe-exact
sink:
  webdataset: { samplesPerShard: 100 }
output: ./dataset
run: { checkpointInterval: 100ms }
`;

function heading(text: string): void {
  process.stdout.write(`\n\u001b[1m${text}\u001b[0m\n`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs the CLI as a user would, in the user's own terminal; ends the quickstart when it fails. */
function pipeline(...args: readonly string[]): void {
  say(`$ pipeline ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    say(`quickstart: expected exit code 0, received ${status}`);
    process.exit(1);
  }
}

/** Starts a run in its own process group and kills the whole group when the first split is done. */
async function pipelineKilled(...args: readonly string[]): Promise<number> {
  say(`$ pipeline ${args.join(" ")}     # and kill -9 of all its processes after the first finished splits`);
  const child = spawn(process.execPath, [cli, ...args, "--json"], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  let finished = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"type":"task-finished"')) finished++;
    // A finished split counts once a checkpoint lists it.
    if (line.includes('"type":"checkpoint-written"') && child.pid !== undefined) {
      process.kill(-child.pid, "SIGKILL");
      break;
    }
  }
  await closed;
  return finished;
}

function tellInput({ documents, images, broken }: MadeInput): void {
  say(`.quickstart/input: ${documents} documents of the installed packages, as their authors wrote them;`);
  say(`${images} pictures drawn just now from seeds (an installed package brings no photographs);`);
  say(`and ${broken.size} files that are not what they should be.`);
}

function tellBroken(output: string, manifest: Manifest, broken: MadeInput["broken"]): void {
  const quarantined = readQuarantine(output, manifest);
  for (const [name, what] of broken) {
    const record = quarantined.find((one) => one.uri.endsWith(`/broken/${name}`));
    const fate = record === undefined ? "read" : `quarantined at ${record.step}, ${record.error.code}`;
    say(`${name.padEnd(18)} ${what}\n${" ".repeat(19)}-> ${fate}`);
    if (record !== undefined) say(`${" ".repeat(22)}${record.error.message.replace(root, "")}`);
  }
  const others = quarantined.filter((one) => !one.uri.includes("/broken/"));
  say(others.length === 0 ? "Nothing else failed." : `${others.length} other samples failed:`);
  for (const one of others) say(`${one.id}: ${one.error.code}: ${one.error.message}`);
}

function tellShards(output: string, manifest: Manifest): void {
  for (const shard of manifest.shards) {
    say(
      `${shard.name}  ${String(shard.samples).padStart(4)} samples  ${shard.bytes} bytes  sha256 ${shard.sha256.slice(0, 16)}…`,
    );
  }
  const [first] = manifest.shards;
  if (first === undefined) return;
  const bytes = readFileSync(path.join(output, first.name));
  const actual = createHash("sha256").update(bytes).digest("hex");
  say(`${first.name} on disk ${actual === first.sha256 ? "has" : "DOES NOT HAVE"} the sha256 of the manifest.`);
}

function manifestText(output: string): string {
  return readFileSync(path.join(output, "_manifest.json"), "utf8");
}

async function tellResume(): Promise<void> {
  const killed = path.join(folder, "dataset-killed");
  const args = ["run", ".quickstart/pipeline.yaml", "--to", ".quickstart/dataset-killed"];
  const finished = await pipelineKilled(...args);
  const wasDone = existsSync(path.join(killed, "_SUCCESS"));
  say(
    wasDone
      ? "(It was done before the kill came.)"
      : `Killed; splits finished by then: ${finished}, and no _SUCCESS. The same command again:`,
  );
  pipeline(...args, "--quiet");
  const isSame = manifestText(killed) === manifestText(path.join(folder, "dataset"));
  say(
    isSame
      ? "The manifest has the same bytes as that of the undisturbed run: every shard, every quarantined sample, every count."
      : "THE RESUMED RUN DIFFERS.",
  );
  if (!isSame) process.exitCode = 1;
}

heading("1. Build");
const build = spawnSync(process.execPath, [path.join(root, "scripts", "build.ts")], { stdio: "inherit" });
if (build.status !== 0) process.exit(1);
say("dist/cli/main.js is the command `pipeline`");

heading("2. Input");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const input = await makeInput(path.join(folder, "input"), path.join(root, "node_modules"));
tellInput(input);

heading("3. The job");
writeFileSync(path.join(folder, "pipeline.yaml"), pipelineFile);
say(pipelineFile.split("\n").slice(2).join("\n"));
pipeline("run", ".quickstart/pipeline.yaml");
const output = path.join(folder, "dataset");
const manifest = readManifest(output);

heading("4. What became of the broken files");
tellBroken(output, manifest, input.broken);

heading("5. kill -9, then the same command");
await tellResume();

heading("6. The dataset: .quickstart/dataset");
tellShards(output, manifest);
const { read, written, dropped, failed } = manifest.totals;
say(`${read} read = ${written} written + ${dropped} dropped + ${failed} failed`);
say("\nNext: `node dist/cli/main.js run <your folder> --to <output>` looks at your own files and picks the steps.");
