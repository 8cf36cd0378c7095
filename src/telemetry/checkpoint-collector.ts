import type { RunEvent } from "../contract/run-event.ts";
import { checkpointMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** Checkpoints, and the finished tasks that wait for one. */
export function collectCheckpoints(registry: MetricRegistry, now: () => number): (event: RunEvent) => void {
  const written = registry.counter(checkpointMetrics.checkpoints);
  const failures = registry.counter(checkpointMetrics.checkpointFailures);
  const duration = registry.histogram(checkpointMetrics.checkpointDuration);
  const time = registry.gauge(checkpointMetrics.checkpointTime);
  const awaiting = registry.gauge(checkpointMetrics.tasksAwaitingCheckpoint);
  time.remove();
  /** When the waiting tasks finished, oldest first. */
  let waitingSince: number[] = [];
  return (event) => {
    switch (event.type) {
      case "task-finished":
        waitingSince.push(now());
        break;
      case "checkpoint-written": {
        written.inc();
        duration.observe(event.seconds);
        time.set(now());
        // What finished while it was written waits for the next. Its count of tasks does not tell: tasks that another
        // coordinator listed before are not in it, and wait no longer either.
        const begun = now() - event.seconds;
        waitingSince = waitingSince.filter((since) => since > begun);
        break;
      }
      case "checkpoint-failed":
        failures.inc();
        break;
      case "run-started":
      case "run-finished":
        waitingSince = [];
        break;
      default:
        return;
    }
    awaiting.set(waitingSince.length);
  };
}
