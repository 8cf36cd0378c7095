import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { packageFile } from "../../model/package-files.ts";
import { type BridgeLauncher, type LaunchedBridge, rayNamespace } from "./bridge-launcher.ts";
import { FrameLink, type LinkPatience } from "./frame-link.ts";
import { reach } from "./reach.ts";

const keptCharacters = 4000;
const endMilliseconds = 5000;

export interface ProcessLaunch {
  readonly python: string;
  /** As Ray takes it. */
  readonly address: string;
  readonly patience: LinkPatience;
}

/** The bridge as a child of this process, on a node that has joined the cluster; it speaks over a socket that it inherits. */
export class ProcessLauncher implements BridgeLauncher {
  readonly #launch: ProcessLaunch;

  constructor(launch: ProcessLaunch) {
    this.#launch = launch;
  }

  async launch(): Promise<LaunchedBridge> {
    const { python, address, patience } = this.#launch;
    if (address !== "auto") await requireListener(address);
    const order = { descriptor: 3, namespace: rayNamespace, address };
    const child = spawn(python, ["-m", "pipeline.ray"], {
      env: {
        ...process.env,
        PYTHONPATH: [pythonFolder, process.env.PYTHONPATH].filter(Boolean).join(path.delimiter),
        PIPELINE_BRIDGE: JSON.stringify(order),
      },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // A terminal signals its whole group: it is the coordinator that ends the bridge.
      detached: true,
    });
    const words = keptWords(child);
    await started(child, python);
    const socket = child.stdio[3];
    if (!(socket instanceof Duplex)) throw new PipelineError("PROTOCOL", "the bridge was started without its socket");
    const ended = once(child, "close");
    const link = new FrameLink(socket, patience);
    return {
      link,
      callbacks: undefined,
      async lastWords() {
        child.kill("SIGKILL");
        await ended;
        return words();
      },
      async close() {
        link.end("it is closed");
        if (child.exitCode !== null || child.signalCode !== null) return;
        const timer = setTimeout(() => child.kill("SIGKILL"), endMilliseconds);
        await ended;
        clearTimeout(timer);
      },
    };
  }
}

/** Where the packages of Python lie that belong to this one, beside its sources and beside what is built of them. */
export const pythonFolder = fileURLToPath(packageFile("python/src"));

async function started(child: ChildProcess, python: string): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new PipelineError(
      "RAY_UNREACHABLE",
      `no bridge to Ray: ${python} cannot be started. RAY_PYTHON names a Python that has ray`,
      { cause, details: { python } },
    );
  }
}

function keptWords(child: ChildProcess): () => string | undefined {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-keptCharacters);
    });
  }
  return () => (text.trim() === "" ? undefined : text.trim());
}

/** Ray itself would try for half a minute, and then say less. */
async function requireListener(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  try {
    await reach(hostname, Number(port));
  } catch (error) {
    const message = `no Ray at ${address}: ${messageOf(error)}. Expected the GCS of a cluster that this machine has joined`;
    throw new PipelineError("RAY_UNREACHABLE", message, { details: { address }, isRetryable: true });
  }
}
