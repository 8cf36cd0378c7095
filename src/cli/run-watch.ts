import process from "node:process";
import type { RunEvent } from "../contract/run-event.ts";
import { jsonEventLine } from "../telemetry/json-events.ts";
import type { RunDisplay } from "../telemetry/run-display.ts";
import { reduceRun } from "../telemetry/run-progress.ts";
import { type RunSnapshot, startingSnapshot } from "../telemetry/run-snapshot.ts";
import { terminal } from "./terminal.ts";

export type WatchMode = "live" | "lines" | "json" | "quiet";

/** What follows a run's events and shows them. */
export interface RunWatch {
  onEvent(event: RunEvent): void;
  readonly snapshot: RunSnapshot;
  /** Takes the display off the terminal. */
  close(): void;
}

/** Machines get JSON lines, a terminal a live display, everything else a line now and then. */
export function watchMode(flags: { readonly json?: true; readonly quiet?: true }): WatchMode {
  if (flags.json === true) return "json";
  if (flags.quiet === true) return "quiet";
  return process.stderr.isTTY && process.env.TERM !== "dumb" && process.env.CI === undefined ? "live" : "lines";
}

const secondsNow = () => performance.now() / 1000;

export async function watchRun(
  plan: { readonly stepIds: readonly string[]; readonly stageCount: number },
  mode: WatchMode,
): Promise<RunWatch> {
  const display = await openDisplay(mode);
  let snapshot = startingSnapshot(plan, secondsNow());
  return {
    onEvent(event) {
      snapshot = reduceRun(snapshot, event, secondsNow());
      display?.show(snapshot, event);
      if (mode === "json") terminal.print(jsonEventLine(event, new Date()).trimEnd());
    },
    get snapshot() {
      return snapshot;
    },
    close: () => display?.close(),
  };
}

async function openDisplay(mode: WatchMode): Promise<RunDisplay | undefined> {
  switch (mode) {
    case "live": {
      const { createLiveDisplay } = await import("../telemetry/live-display.ts");
      return createLiveDisplay(process.stderr, secondsNow);
    }
    case "lines": {
      const { createLineLog } = await import("../telemetry/line-log.ts");
      return createLineLog((line) => terminal.note(line), secondsNow);
    }
    default:
      return undefined;
  }
}
