import process from "node:process";
import type { Plan } from "../contract/plan.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { asPipelineError, errorRecord } from "../model/errors.ts";
import { packageVersion } from "../model/package-version.ts";
import { createRedactor, secretsOf } from "../model/redact-secrets.ts";
import { mayExport, parseExportSettings } from "../telemetry/export-settings.ts";
import { jsonEventLine } from "../telemetry/json-events.ts";
import { parseLogLevel } from "../telemetry/log-level.ts";
import type { RunDisplay } from "../telemetry/run-display.ts";
import type { RunExports } from "../telemetry/run-exports.ts";
import { reduceRun } from "../telemetry/run-progress.ts";
import { type RunSnapshot, startingSnapshot } from "../telemetry/run-snapshot.ts";
import type { StructuredLog } from "../telemetry/structured-log.ts";
import { terminal } from "./terminal.ts";

export type WatchMode = "live" | "lines" | "json" | "log" | "quiet";

/** What follows a run's events and shows them. */
export interface RunWatch {
  onEvent(event: RunEvent): void;
  readonly snapshot: RunSnapshot;
  /** Resolves when collectors elsewhere have been told, or cannot be. Never rejects. */
  settle(): Promise<void>;
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

export async function watchRun(plan: Plan, mode: WatchMode): Promise<RunWatch> {
  const display = await openDisplay(mode);
  const tell = await openMachineLines(mode);
  const exports = await openExports(plan);
  const stepIds = plan.stages.flatMap((stage) => stage.steps.map((step) => step.id));
  let snapshot = startingSnapshot({ stepIds, stageCount: plan.stages.length }, secondsNow());
  return {
    onEvent(event) {
      snapshot = reduceRun(snapshot, event, secondsNow());
      display?.show(snapshot, event);
      tell?.(event);
      exports?.onEvent(event);
    },
    get snapshot() {
      return snapshot;
    },
    settle: async () => exports?.settle(),
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

async function openExports({ source }: Plan): Promise<RunExports | undefined> {
  if (!mayExport(process.env)) return undefined;
  const { createRunExports } = await import("../telemetry/run-exports.ts");
  const settings = parseExportSettings(process.env);
  for (const warning of settings.warnings) terminal.note(`warning: ${warning}`);
  return createRunExports(settings, {
    version: packageVersion(),
    redactor: redactor(),
    inputs: typeof source.options.path === "string" ? [source.options.path] : [],
    warn: (sentence) => terminal.note(`warning: ${sentence}`),
  });
}

/** The log of this process on standard output, as LOG_LEVEL says. Rejects with INVALID_OPTION. */
export async function openLog(): Promise<StructuredLog> {
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
