import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { HealthEntry, HealthReport } from "../../src/server/health-report.ts";
import { cliEntry } from "./run-cli.ts";

/** `pipeline serve` in a process group of its own, which does not outlive the test. */
export class ServeProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  #log = "";
  #url: string | undefined;

  constructor(args: readonly string[], cwd: string, environment: { readonly [name: string]: string } = {}) {
    const { FORCE_COLOR: _, ...inherited } = process.env;
    this.#child = spawn(process.execPath, [cliEntry, "serve", "--host", "127.0.0.1", ...args], {
      cwd,
      detached: true,
      env: { ...inherited, NO_COLOR: "1", OUTPUT_PATH: "", HEALTH_CHECK_PORT: "0", ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
      this.#url ??= /http:\/\/[\d.]+:\d+/.exec(this.#log)?.[0];
    });
    this.ended = new Promise((resolve) => this.#child.on("close", (code, signal) => resolve({ code, signal })));
    onTestFinished(() => {
      try {
        process.kill(-this.processId, "SIGKILL");
      } catch {
        // It has ended.
      }
    });
  }

  get processId(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the process did not start");
    return pid;
  }

  get log(): string {
    return this.#log;
  }

  async url(): Promise<string> {
    await expect.poll(() => this.#url, { timeout: 60_000 }).toBeDefined();
    return this.#url ?? "";
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The process and its workers. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.processId, signal);
  }

  async status(probe: string): Promise<number> {
    return (await fetch(`${await this.url()}${probe}`)).status;
  }

  async report(): Promise<{ readonly httpStatus: number; readonly report: HealthReport }> {
    const response = await fetch(`${await this.url()}/health`);
    const report = (await response.json()) as HealthReport;
    return { httpStatus: response.status, report };
  }

  /** Asks until a check is as it should be, and gives the report that said so. */
  async until(key: string, expected: Partial<HealthEntry>, timeout = 20_000): Promise<HealthReport> {
    let last: HealthReport | undefined;
    await expect
      .poll(
        async () => {
          last = (await this.report()).report;
          return last.checks[key];
        },
        { timeout, interval: 50, message: `${key} of ${this.#log}` },
      )
      .toEqual([expect.objectContaining(expected)]);
    if (last === undefined) throw new Error("there was no report");
    return last;
  }
}

const waitForFile = fileURLToPath(new URL("../fixtures/operator-modules/wait-for-file.ts", import.meta.url));

/**
 * A pipeline over so many splits: those behind `free` hold their first sample until `./open` is there. The file is
 * `./pipeline.yaml`; where the output goes is for the environment to say.
 */
export async function writeHeldPipeline(folder: string, splits: number, free: number): Promise<void> {
  await mkdir(path.join(folder, "input"));
  for (let split = 0; split < splits; split++) {
    const lines = Array.from({ length: 20 }, (_, index) =>
      index % 10 === 7
        ? "not a record"
        : JSON.stringify({ text: `${split} ${index}`, hold: index === 0 && split >= free }),
    );
    const name = `${String(split).padStart(3, "0")}.jsonl`;
    await writeFile(path.join(folder, "input", name), lines.join("\n"));
  }
  await writeFile(path.join(folder, "pipeline.yaml"), heldPipeline(folder, "./input"));
}

export function heldPipeline(folder: string, input: string, run = ""): string {
  return `
source: { jsonl: { path: ${input}, splitBytes: 1KiB } }
steps:
  - map-module: { module: ${JSON.stringify(waitForFile)}, options: { file: ${JSON.stringify(path.join(folder, "open"))} }, readsIfPresent: [hold] }
  - sample: { fraction: 0.8 }
sink: { jsonl: {} }
run: { workers: 1, checkpointInterval: 20ms, maxFailureRatio: 1${run} }
`;
}
