// Ray for tests and benchmarks. `node scripts/ray-cluster.ts` installs it into .cache/ray, which takes Python, half a
// minute and 400 MB. Never `ray stop`: it ends every Ray of the machine; a cluster of these ends with its own processes.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "./s3-server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = path.join(root, ".cache/ray");

/** Python that has Ray. */
export const rayPython = process.env.RAY_PYTHON ?? path.join(folder, "bin/python");

/** Why there is no Ray to start; undefined when there is one. */
export function missingRay(): string | undefined {
  return existsSync(rayPython) ? undefined : "Ray is not installed: node scripts/ray-cluster.ts";
}

function install(): void {
  execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
  const requirements = path.join(root, "python/ray-requirements.txt");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  execFileSync(path.join(folder, "bin/python"), [...pip, "-r", requirements], { stdio: "inherit" });
}

export interface NodeOptions {
  readonly cpus: number;
  readonly gpus?: number;
  readonly labels?: { readonly [label: string]: string };
  /** On top of this process's own. */
  readonly environment?: { readonly [name: string]: string };
  /** Network namespace that it lives in, empty for the machine's own, with its address there. */
  readonly network?: { readonly namespace: string; readonly address: string };
}

export interface HeadOptions extends NodeOptions {
  /** Of Ray's token authentication; off without one. */
  readonly token?: string;
  /** A port of before, for a head that comes back. */
  readonly gcsPort?: number;
  readonly dashboardPort?: number;
}

/** Nodes that die are noticed within some six seconds, not the usual fourteen; sooner, and a busy machine's count as dead. */
const fastHealthCheck = {
  RAY_health_check_initial_delay_ms: "5000",
  RAY_health_check_period_ms: "1000",
  RAY_health_check_timeout_ms: "2000",
  RAY_health_check_failure_threshold: "3",
  // And its nodes take their time to start.
  RAY_raylet_start_wait_time_s: "120",
  RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S: "60",
};

/** One `ray start`, with everything that it has started. */
export class RayNode {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Its processes, those of its actors included. */
  processes(): readonly number[] {
    return [this.processId, ...descendantsOf(this.processId)];
  }

  /** The processes of our actors on it. */
  actors(): readonly number[] {
    return this.processes().filter((id) => commandOf(id)[0]?.startsWith("ray::Slot") === true);
  }

  /** Ends everything of it at once, as when the machine loses its power. */
  kill(): void {
    for (const processId of this.processes()) endProcess(processId, "SIGKILL");
  }

  /** Ends its raylet alone, which takes its actors with it. */
  killRaylet(): void {
    for (const id of this.processes())
      if (commandOf(id)[0]?.endsWith("/raylet/raylet") === true) endProcess(id, "SIGKILL");
  }
}

/** A cluster on this machine, of several nodes if need be, with a session of its own. */
export class RayCluster {
  readonly gcsPort: number;
  readonly dashboardPort: number;
  readonly #clientPort: number;
  readonly #address: string;
  readonly #session: string;
  readonly #token: string | undefined;
  readonly #nodes: RayNode[] = [];

  private constructor(session: string, address: string, ports: readonly [number, number, number], token?: string) {
    this.#session = session;
    this.#address = address;
    [this.gcsPort, this.dashboardPort, this.#clientPort] = ports;
    this.#token = token;
  }

  static async start(options: HeadOptions): Promise<RayCluster> {
    const address = options.network?.address ?? "127.0.0.1";
    // Short, as sockets lie in it whose paths may have 107 bytes.
    const session = mkdtempSync(path.join(tmpdir(), "ray-"));
    const gcsPort = options.gcsPort ?? (await freePort());
    const dashboardPort = options.dashboardPort ?? (await freePort());
    const clientPort = await freePort();
    const cluster = new RayCluster(session, address, [gcsPort, dashboardPort, clientPort], options.token);
    await cluster.#startNode(options, [
      "--head",
      `--port=${gcsPort}`,
      "--include-dashboard=true",
      `--dashboard-host=${address}`,
      `--dashboard-port=${dashboardPort}`,
      `--ray-client-server-port=${clientPort}`,
      `--temp-dir=${session}`,
    ]);
    return cluster;
  }

  /** Of the GCS, as a driver on one of the nodes takes it. */
  get gcs(): string {
    return `${this.#address}:${this.gcsPort}`;
  }

  /** For Ray's own client. */
  get client(): string {
    return `ray://${this.#address}:${this.#clientPort}`;
  }

  /** URL of the dashboard. */
  get dashboard(): string {
    return `http://${this.#address}:${this.dashboardPort}`;
  }

  get head(): RayNode {
    const [head] = this.#nodes;
    if (head === undefined) throw new Error("the cluster has no node");
    return head;
  }

  /** Whether a process of the head is the cluster's GCS. */
  isGcs(processId: number): boolean {
    return commandOf(processId)[0]?.endsWith("/gcs_server") === true;
  }

  /** Resolves when it has joined. */
  addNode(options: NodeOptions): Promise<RayNode> {
    return this.#startNode(options, [`--address=${this.gcs}`]);
  }

  /** Ends every process, and removes the session. */
  stop(): void {
    for (const node of this.#nodes) node.kill();
    rmSync(this.#session, { recursive: true, force: true, maxRetries: 5 });
  }

  async #startNode(options: NodeOptions, more: readonly string[]): Promise<RayNode> {
    const { cpus, gpus = 0, labels = {}, network } = options;
    const ports = ["dashboard-agent-listen", "dashboard-agent-grpc", "runtime-env-agent", "metrics-export"];
    const chosen: string[] = [];
    for (const port of ports) chosen.push(`--${port}-port=${await freePort()}`);
    const start = [
      "-m",
      "ray.scripts.scripts",
      "start",
      ...more,
      `--node-ip-address=${network?.address ?? "127.0.0.1"}`,
      `--num-cpus=${cpus}`,
      `--num-gpus=${gpus}`,
      `--labels=${Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(",")}`,
      "--object-store-memory=80000000",
      "--disable-usage-stats",
      "--min-worker-port=0",
      "--max-worker-port=0",
      ...chosen,
      "--block",
    ];
    const [program, ...words] =
      network === undefined || network.namespace === ""
        ? [rayPython, ...start]
        : ["ip", "netns", "exec", network.namespace, rayPython, ...start];
    const child = spawn(program, words, {
      env: { ...this.#environment(), ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const node = new RayNode(child);
    this.#nodes.push(node);
    await whenStarted(child);
    return node;
  }

  /** What a process needs that talks to the cluster. */
  get environment(): { readonly [name: string]: string } {
    return {
      RAY_PYTHON: rayPython,
      ...(this.#token === undefined ? {} : { RAY_AUTH_MODE: "token", RAY_AUTH_TOKEN: this.#token }),
    };
  }

  #environment(): NodeJS.ProcessEnv {
    // Entry points of jobs are found in the path.
    const places = `${path.dirname(rayPython)}:${process.env.PATH ?? ""}`;
    return { ...process.env, ...fastHealthCheck, ...this.environment, PATH: places, RAY_DEDUP_LOGS: "0" };
  }
}

/** Resolves once `ray start` says that its node runs; rejects with what it said when it ends before. */
function whenStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-4000);
        if (said.includes("Ray runtime started")) resolve();
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ray start ended with ${code}: ${said}`)));
  });
}

function endProcess(processId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(processId, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Every process below another, also those in groups of their own. */
export function descendantsOf(processId: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const open = [processId];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below = children.get(next) ?? [];
    found.push(...below);
    open.push(...below);
  }
  return found;
}

function parentOf(processId: number): number | undefined {
  const stat = textOf(`/proc/${processId}/stat`);
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return parent === undefined ? undefined : Number(parent);
}

function commandOf(processId: number): readonly string[] {
  return textOf(`/proc/${processId}/cmdline`).split("\0");
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // A process that is gone has no parent, no command and no title.
    return "";
  }
}

if (import.meta.main) install();
