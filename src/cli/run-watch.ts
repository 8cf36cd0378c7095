import process from "node:process";
import type { RunEvent } from "../contract/run-event.ts";
import { asPipelineError, errorRecord } from "../model/errors.ts";
import { createRedactor, secretsOf } from "../model/redact-secrets.ts";
import { jsonEventLine } from "../telemetry/json-events.ts";
import { parseLogLevel } from "../telemetry/log-level.ts";
import type { RunDisplay } from "../telemetry/run-display.ts";
import { reduceRun } from "../telemetry/run-progress.ts";
import { type RunSnapshot, startingSnapshot } from "../telemetry/run-snapshot.ts";
import type { StructuredLog } from "../telemetry/structured-log.ts";
import { terminal } from "./terminal.ts";

export type WatchMode = "live" | "lines" | "json" | "log" | "quiet";

/** What follows a run's events and shows them. */
export interface RunWatch {
  onEvent(event: RunEvent): void;
  readonly snapshot: RunSnapshot;
  /** Takes the display off the terminal. */
  close(): void;
}

export interface WatchFlags {
  readonly json?: true;
  readonly logJson?: true;
  readonly quiet?: true;
}

/** Machines get events or a log as JSON lines, a terminal a live display, everything else a line now and then. */
export function watchMode(flags: WatchFlags): WatchMode {
  if (flags.json === true) return "json";
  if (flags.logJson === true) return "log";
  if (flags.quiet === true) return "quiet";
  return process.stderr.isTTY && process.env.TERM !== "dumb" && process.env.CI === undefined ? "live" : "lines";
}

const secondsNow = () => performance.now() / 1000;

export async function watchRun(
  plan: { readonly stepIds: readonly string[]; readonly stageCount: number },
  mode: WatchMode,
): Promise<RunWatch> {
  const display = await openDisplay(mode);
  const tell = await openMachineLines(mode);
  let snapshot = startingSnapshot(plan, secondsNow());
  return {
    onEvent(event) {
      snapshot = reduceRun(snapshot, event, secondsNow());
      display?.show(snapshot, event);
      tell?.(event);
    },
    get snapshot() {
      return snapshot;
    },
    close: () => display?.close(),
  };
}

/** Tells machines that nothing was started; a person finds the error on standard error all the same. */
export async function tellRefusal(mode: WatchMode, thrown: unknown): Promise<void> {
  const error = errorRecord(asPipelineError(thrown, "INTERNAL", "unexpected error"));
  if (mode === "json") terminal.print(jsonEventLine({ type: "error", error }, new Date(), redactor()));
  if (mode === "log") {
    const { code, message, details } = error;
    (await openLog()).write("error", message, { code, error: { message, details } });
  }
}

/** Of this process: what its environment calls secret is taken out as well. */
const redactor = () => createRedactor(secretsOf(process.env));

async function openMachineLines(mode: WatchMode): Promise<((event: RunEvent) => void) | undefined> {
  if (mode === "log") return (await openLog()).onEvent;
  if (mode !== "json") return undefined;
  const ours = redactor();
  return (event) => terminal.print(jsonEventLine(event, new Date(), ours));
}

async function openLog(): Promise<StructuredLog> {
  const { createStructuredLog } = await import("../telemetry/structured-log.ts");
  const stream = { write: (line: string) => terminal.print(line.trimEnd()) };
  return createStructuredLog(stream, parseLogLevel(process.env.LOG_LEVEL), secretsOf(process.env));
}

async function openDisplay(mode: WatchMode): Promise<RunDisplay | undefined> {
  switch (mode) {
    case "live": {
      const { createLiveDisplay } = await import("../telemetry/live-display.ts");
      return createLiveDisplay(process.stderr, secondsNow);
    }
    case "lines": {
      const { createLineLog } = await import("../telemetry/line-log.ts");
      const ours = redactor();
      return createLineLog((line) => terminal.note(ours.text(line)), secondsNow);
    }
    default:
      return undefined;
  }
}
