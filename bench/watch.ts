// What looking for new input costs: runs a pipeline over so many small files, then looks in a process of its own: the
// first time, when what is known is read from the ledger, then again with nothing new, then with one new file.
//   node bench/watch.ts [files]
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { builtinCatalog } from "../src/builtin-catalog.ts";
import { InputWatch } from "../src/coordinator/new-input.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { storedLedger } from "../src/ledger/ledger-store.ts";
import { localStorage } from "../src/storage/local-storage.ts";

const filesPerFolder = 1000;
const MiB = 2 ** 20;

function writeFiles(folder: string, count: number): void {
  for (let file = 0; file < count; file++) {
    const parent = path.join(folder, "input", String(Math.floor(file / filesPerFolder)));
    if (file % filesPerFolder === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(path.join(parent, `${file}.txt`), `text ${file}`);
  }
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    "source: { files: { path: ./input } }\nsteps: []\nsink: { jsonl: {} }\n",
  );
}

async function look(folder: string): Promise<void> {
  const checkpoints = path.join(folder, "out", ".checkpoints");
  const { start } = await Ledger.open(storedLedger(localStorage, checkpoints));
  if (start === undefined) throw new Error(`there is no run in ${folder}`);
  const before = process.memoryUsage().rss;
  const watch = new InputWatch(start.plan, builtinCatalog, { output: path.join(folder, "out"), checkpoints });
  const lookOnce = async (name: string) => {
    const started = performance.now();
    const { found } = await watch.look(new AbortController().signal);
    const seconds = (performance.now() - started) / 1000;
    const rss = process.memoryUsage().rss;
    console.log(
      `${name.padEnd(14)} ${found.padEnd(10)} ${seconds.toFixed(2)} s, ${((rss - before) / MiB).toFixed(0)} MiB more resident`,
    );
  };
  await lookOnce("first look");
  await lookOnce("nothing new");
  writeFileSync(path.join(folder, "input", "0", "new.txt"), "new");
  await lookOnce("one new file");
  await lookOnce("the same again");
}

const [argument = "100000", made] = process.argv.slice(2);
if (argument === "--look") {
  if (made === undefined) throw new Error("--look <folder>");
  await look(made);
} else {
  const folder = mkdtempSync(path.join(tmpdir(), "watch-bench-"));
  try {
    writeFiles(folder, Number(argument));
    const cli = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
    const run = [cli, "run", "pipeline.yaml", "--to", "out", "--quiet"];
    execFileSync(process.execPath, run, { cwd: folder, stdio: "inherit" });
    console.log(`${argument} files`);
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), "--look", folder], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
