import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Json } from "../../src/model/json.ts";
import { isJsonObject } from "../../src/model/json.ts";
import { cliEntry } from "../e2e/run-cli.ts";
import type { SessionSettings } from "./random-accidents.ts";

/** A line of `--json`. */
export type SessionEvent = { readonly type: string; readonly [key: string]: Json };

export interface SessionEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly seconds: number;
}

/** One process of `pipeline run --json` with its workers, in a process group of their own. */
export class Session {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #started = performance.now();
  readonly #workers = new Map<number, number>();
  readonly settings: SessionSettings;
  readonly events: SessionEvent[] = [];
  /** Lines of standard output that are no event. */
  readonly strayLines: string[] = [];
  stderr = "";
  #firstTaskSeconds: number | undefined;
  #hasEnded = false;
  readonly ended: Promise<SessionEnd>;

  /** `resumeFrom`: a checkpoint to go back to first. */
  constructor(pipelineFile: string, output: string, settings: SessionSettings, resumeFrom?: string) {
    this.settings = settings;
    const goBack = resumeFrom === undefined ? [] : ["--resume-from", resumeFrom];
    const args = ["run", pipelineFile, "--json", ...flags(output, settings), ...goBack];
    this.#child = spawn(process.execPath, [cliEntry, ...args], {
      detached: true,
      env: environment(settings),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#listen();
    this.ended = once(this.#child, "close").then(() => {
      this.#hasEnded = true;
      const { exitCode: code, signalCode: signal } = this.#child;
      return { code, signal, seconds: (performance.now() - this.#started) / 1000 };
    });
  }

  get group(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** From the start of the process to the first task that began; undefined when none did. */
  get firstTaskSeconds(): number | undefined {
    return this.#firstTaskSeconds;
  }

  /** Process ids of the workers that were not reported lost. */
  get workers(): readonly number[] {
    return [...this.#workers.values()];
  }

  count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Calls for each event from now on; answers what ends that. */
  onEvent(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To the coordinator, to one of its workers, or to all; nothing where it is gone. */
  signal(to: "coordinator" | "all" | number, signal: NodeJS.Signals): void {
    try {
      process.kill(to === "coordinator" ? this.group : to === "all" ? -this.group : to, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }

  #listen(): void {
    let rest = "";
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  #take(line: string): void {
    const event = eventOf(line);
    if (event === undefined) {
      this.strayLines.push(line);
      return;
    }
    this.events.push(event);
    if (event.type === "task-started") this.#firstTaskSeconds ??= (performance.now() - this.#started) / 1000;
    if (event.type === "worker-started") this.#workers.set(Number(event.worker), Number(event.processId));
    if (event.type === "worker-lost") this.#workers.delete(Number(event.worker));
    for (const listener of this.#listeners) listener(event);
  }
}

function eventOf(line: string): SessionEvent | undefined {
  try {
    const parsed: Json = JSON.parse(line);
    return isJsonObject(parsed) && typeof parsed.type === "string" ? { ...parsed, type: parsed.type } : undefined;
  } catch {
    // Kept as a stray line, which the round reports.
    return undefined;
  }
}

function flags(output: string, settings: SessionSettings): readonly string[] {
  const given = {
    to: output,
    workers: settings.workers,
    "memory-budget": settings.memoryBudget,
    "batch-size": settings.batchSize,
    "checkpoint-interval": `${settings.checkpointIntervalMilliseconds}ms`,
    "keep-checkpoints": settings.keepCheckpoints,
    "max-attempts": 5,
  };
  return Object.entries(given).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}

/** Nothing of this process's environment but what programs need to start. */
function environment(settings: SessionSettings): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  const clock = new URL("./clock-jumps.ts", import.meta.url);
  clock.search = String(settings.clockJumps);
  return {
    PATH,
    HOME,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    NO_COLOR: "1",
    ...(settings.clockJumps === null ? {} : { NODE_OPTIONS: `--import=${clock.href}` }),
  };
}
