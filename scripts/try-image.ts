// Does what deploy/Dockerfile says, on top of this machine's own system instead of the base images, in memory; then uses
// the result as a pod would: as its user, with a root that cannot be written. For machines without a container engine.
// Needs Linux, root, and what the steps download. Everything is mounted in a namespace of its own, and gone with it.
//   node scripts/try-image.ts            without torch, of which PyPI has builds with CUDA's libraries alone: 2.8 GB
//   node scripts/try-image.ts --torch    with it; TORCH_INDEX names where it comes from, as in the Dockerfile
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const context = fileURLToPath(new URL("..", import.meta.url));
const file = path.join(context, "deploy/Dockerfile");

interface Stage {
  readonly from: string;
  readonly name: string;
  readonly steps: { readonly word: string; readonly rest: string }[];
}

/** The stages of the file with their instructions; ARG is what it says by default. */
function stagesOf(text: string): readonly Stage[] {
  const defaults = new Map<string, string>();
  const stages: Stage[] = [];
  for (const line of text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n")) {
    const [, word = "", given = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    const rest = given.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => defaults.get(name) ?? "");
    // Without a value it hands on what is known from above.
    if (word === "ARG" && rest.includes("=")) defaults.set(rest.split("=")[0] ?? "", rest.split("=")[1] ?? "");
    else if (word === "FROM") {
      const [from = "", , name = "image"] = rest.split(" ");
      stages.push({ from, name, steps: [] });
    } else if (word !== "" && word !== "ARG") stages.at(-1)?.steps.push({ word, rest });
  }
  return stages;
}

const withTorch = process.argv.includes("--torch");
const isTorch = ({ word, rest }: Stage["steps"][number]) => word === "RUN" && rest.includes("torch-requirements.txt");

const run = (command: string, ...args: readonly string[]) => execFileSync(command, args, { stdio: "inherit" });

/** The machine's system with room of its own above it, as the root of `chroot`. */
class Root {
  readonly folder: string;
  // Node first, as in its base image; then what the distribution installs.
  readonly #environment = [`PATH=${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin`];
  #workingFolder = "/";

  constructor(room: string) {
    this.folder = path.join(room, "root");
    for (const name of ["root", "upper", "work"]) mkdirSync(path.join(room, name), { recursive: true });
    const layers = `lowerdir=/,upperdir=${room}/upper,workdir=${room}/work`;
    run("mount", "-t", "overlay", "overlay", "-o", layers, this.folder);
    for (const shared of ["proc", "dev"]) run("mount", "--bind", `/${shared}`, path.join(this.folder, shared));
  }

  apply({ word, rest }: Stage["steps"][number], others: ReadonlyMap<string, Root>): void {
    process.stdout.write(`${word} ${rest.slice(0, 100)}\n`);
    if (word === "WORKDIR") mkdirSync(path.join(this.folder, rest), { recursive: true });
    if (word === "WORKDIR") this.#workingFolder = rest;
    else if (word === "ENV") this.#environment.push(...rest.split(" "));
    else if (word === "COPY") this.#copy(rest.split(" "), others);
    else if (word === "RUN") this.inside("sh", "-c", rest);
  }

  inside(...command: readonly string[]): void {
    const place = ["env", "-C", this.#workingFolder, ...this.#environment];
    run("chroot", this.folder, ...place, ...command);
  }

  #copy(words: readonly string[], others: ReadonlyMap<string, Root>): void {
    const [, stage] = /^--from=(.+)$/.exec(words[0] ?? "") ?? [];
    const sources = words.slice(stage === undefined ? 0 : 1, -1);
    const target = path.join(this.folder, path.resolve(this.#workingFolder, words.at(-1) ?? ""));
    const from = stage === undefined ? context : (others.get(stage)?.folder ?? "/");
    for (const source of sources) {
      const place = path.join(from, source);
      const to = words.at(-1)?.endsWith("/") === true ? path.join(target, path.basename(source)) : target;
      // Node is where this process has it, whatever the machine calls it.
      cpSync(source.endsWith("/bin/node") ? process.execPath : place, to, { recursive: true, verbatimSymlinks: true });
    }
  }

  /** As the pod has it: nothing can be written but the work folder, /tmp and what lies in memory. */
  seal(): void {
    for (const folder of ["work", "tmp", "dev/shm"]) {
      mkdirSync(path.join(this.folder, folder), { recursive: true });
      run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", path.join(this.folder, folder));
    }
    run("mount", "-o", "remount,ro", this.folder);
  }

  asUser(user: string, ...command: readonly string[]): void {
    this.inside(...identity(user), ...command);
  }

  /** In a network of its own, where nothing but the machine itself can be reached, and every port is free. */
  asUserAlone(user: string, ...command: readonly string[]): void {
    this.inside("unshare", "--net", "python3", "-c", loopback, ...identity(user), ...command);
  }
}

function identity(user: string): readonly string[] {
  const [uid = "", gid = ""] = user.split(":");
  return ["setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--bounding-set=-all"];
}

/** Switches the loopback device on (SIOCSIFFLAGS, IFF_UP), which images need no program for, and becomes the command. */
const loopback = `import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])`;

/** The head as KubeRay starts and probes it, what the runbook types against it, and a pipeline on a worker that joins. */
const tryRay = `set -e
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \\n')
ray start --head --block --no-monitor --node-ip-address=127.0.0.1 --num-cpus=0 --dashboard-host=0.0.0.0 \\
  --dashboard-agent-listen-port=52365 --metrics-export-port=8080 --object-store-memory=100000000 >/tmp/ray-start.log 2>&1 &
head=$!
until curl --silent --fail --output /dev/null localhost:52365/api/healthz; do
  kill -0 $head 2>/dev/null || { cat /tmp/ray-start.log; exit 1; }
  sleep 1
done
ray health-check --address 127.0.0.1:6379
curl --silent --fail --output /dev/null localhost:8080/metrics
export RAY_ADDRESS=ray://localhost:10001
test "$(python -c 'import ray; print(ray.is_initialized())')" = True
python -c 'import ray; print(ray.available_resources())'
RAY_ADDRESS= ray start --address=127.0.0.1:6379 --block --node-ip-address=127.0.0.1 --num-cpus=1 \\
  --dashboard-agent-listen-port=52366 --metrics-export-port=8081 --object-store-memory=100000000 >/tmp/ray-worker.log 2>&1 &
export RAY_API_SERVER_ADDRESS=http://127.0.0.1:8265
timeout 180 pipeline run a.yaml --to out-ray || { cat /tmp/ray-worker.log; exit 1; }
pipeline verify out-ray
diff --recursive --exclude=.checkpoints out out-ray
pipeline ray status
`;

/** Builds every stage that has steps, and answers the last. */
function build(stages: readonly Stage[], room: string): Root {
  const roots = new Map<string, Root>();
  let last: Root | undefined;
  for (const stage of stages) {
    // Bases are this machine; those of other flavours are not built.
    if (stage.steps.length === 0) continue;
    last = new Root(path.join(room, stage.name));
    roots.set(stage.name, last);
    for (const step of stage.steps)
      if (withTorch || !isTorch(step)) last.apply(step, roots);
      else process.stdout.write("skipped: RUN pip install torch, which takes --torch\n");
  }
  if (last === undefined) throw new Error(`${file} makes no image`);
  return last;
}

function tryImage(): void {
  const stages = stagesOf(readFileSync(file, "utf8"));
  const instruction = (word: string) => stages.at(-1)?.steps.findLast((step) => step.word === word)?.rest ?? "";
  // A file system cannot lie over itself: the rooms are in memory.
  const room = "/mnt";
  run("mount", "-t", "tmpfs", "tmpfs", room);
  const image = build(stages, room);
  image.seal();
  const user = instruction("USER");
  const entry: unknown = JSON.parse(instruction("ENTRYPOINT"));
  const words = Array.isArray(entry) ? entry.map(String) : [];
  writeFileSync(path.join(image.folder, "work/a.jsonl"), '{"id":"a","text":"one"}\n');
  image.asUser(user, ...words, "--version");
  writeFileSync(path.join(image.folder, "work/a.yaml"), "source: { jsonl: { path: a.jsonl } }\nsink: { jsonl: {} }\n");
  image.asUser(user, ...words, "run", "a.yaml", "--to", "out", "--quiet");
  image.asUser(user, ...words, "verify", "out");
  image.asUser(user, "curl", "--version");
  const python = (code: string) => image.asUser(user, "env", "OUTPUT_PATH=out", "python", "-c", code);
  python(
    "from pipeline.utils.checkpoint_recovery import CheckpointRecovery; cr = CheckpointRecovery('.checkpoints'); print(cr.list_checkpoints())",
  );
  python(
    "from pipeline.utils.checkpoint import PipelineCheckpoint; pc = PipelineCheckpoint('.checkpoints', max_checkpoints=5); pc._cleanup_old_checkpoints()",
  );
  image.asUserAlone(user, "bash", "-c", tryRay);
  if (withTorch) python("import torch; print(torch.cuda.is_available())");
  process.stdout.write(`the image of ${path.relative(context, file)} works, on this machine's system\n`);
}

// Processes have a namespace of their own too: what is left of Ray ends with it.
const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
const words = process.argv.slice(2);
if (words.includes("--inside")) tryImage();
else run("unshare", ...namespaces, process.execPath, fileURLToPath(import.meta.url), ...words, "--inside");
