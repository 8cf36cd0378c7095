import type { RunEvent } from "../contract/run-event.ts";
import { formatBytes } from "../contract/units.ts";
import { formatCount, formatDuration } from "./format-quantity.ts";
import { fitText, type Paint } from "./paint.ts";
import { inputLine } from "./progress-lines.ts";

/** Events that a person should still find in the scrollback, as one line each. */
export function noticeOf(event: RunEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case "run-started":
      if (event.resumed === null) return undefined;
      return paint("cyan", resumedText(event.resumed.finishedTasks));
    case "rolled-back":
      return paint(
        "yellow",
        `went back to ${event.to}: finished tasks that count no longer: ${formatCount(event.undoneTasks)}, that do: ${formatCount(event.finishedTasks)}`,
      );
    case "input-listed":
      return inputLine(event);
    case "disk-space-short":
      return paint(
        "yellow",
        `${fitText(event.folder, 200)} has ${formatBytes(event.freeBytes)} free, and the input as it is takes ${formatBytes(event.estimatedBytes)}; ` +
          "`pipeline check --deep` estimates what will be written",
      );
    case "cluster-changed":
      return event.cluster.problem === null ? undefined : paint("yellow", fitText(event.cluster.problem, 500));
    case "worker-output":
      return (
        outputLines(event.text)
          .map((line) => `${paint("dim", `worker ${event.worker}:`)} ${line}`)
          .join("\n") || undefined
      );
    case "worker-lost":
      return paint("yellow", `worker ${event.worker} was lost: ${fitText(event.reason, 300)}`);
    case "worker-stalled":
      return paint(
        "yellow",
        `worker ${event.worker} has not got on for ${formatDuration(event.stall.seconds)}: ${fitText(event.stall.explanation, 500)}`,
      );
    case "sample-condemned": {
      const { position, step, error } = event.sample;
      const where = `stage ${event.task.stage} split ${event.task.split}, sample ${position + 1} of the split`;
      return paint("yellow", `${where}: ${error.code} at ${step}: ${fitText(error.message, 300)}; it is quarantined`);
    }
    case "task-failed": {
      const next = event.willRetry ? "it is tried again" : "it is given up";
      const what = `stage ${event.task.stage} split ${event.task.split}, attempt ${event.attempt}`;
      return paint(
        event.willRetry ? "yellow" : "red",
        `${what}: ${event.error.code}: ${fitText(event.error.message, 500)}; ${next}`,
      );
    }
    case "checkpoint-failed":
      return paint("red", `no checkpoint could be written: ${event.error.code}: ${fitText(event.error.message, 500)}`);
    case "drain-started":
      return paint("yellow", `${event.signal}: finishing what is running; once more to stop at once`);
    case "run-finished":
      return event.summary.wasComplete ? `nothing left to do (${formatDuration(event.summary.seconds)})` : undefined;
    default:
      return undefined;
  }
}

function resumedText(tasks: number): string {
  return tasks === 1
    ? "resuming: 1 task is finished already"
    : `resuming: ${formatCount(tasks)} tasks are finished already`;
}

function outputLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => fitText(line.trimEnd(), 500))
    .filter((line) => line !== "");
}
