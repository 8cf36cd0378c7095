import type { Accounting } from "../contract/accounting.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { AttemptWork } from "./attempt-work.ts";
import { resultMetrics, taskMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** Tasks and what becomes of samples in them. */
export function collectTasks(registry: MetricRegistry): (event: RunEvent) => void {
  const work = new AttemptWork(registry);
  const addResults = collectResults(registry);
  const started = registry.counter(taskMetrics.tasksStarted);
  const finished = registry.counter(taskMetrics.tasksFinished);
  const failures = registry.counter(taskMetrics.taskFailures);
  const retries = registry.counter(taskMetrics.retries);
  const givenUp = registry.counter(taskMetrics.tasksGivenUp);
  const duration = registry.histogram(taskMetrics.taskDuration);
  const inFlight = registry.gauge(taskMetrics.tasksInFlight);
  const queued = registry.gauge(taskMetrics.tasksQueued);
  /** Tasks of the current stage that are neither finished nor given up. */
  let open = 0;
  return (event) => {
    switch (event.type) {
      case "stage-started":
        open = Math.max(0, event.tasks - event.finishedTasks);
        break;
      case "task-started":
        started.inc({ stage: event.task.stage });
        work.begin(event.task, event.attempt);
        break;
      case "task-progressed":
        work.grow(event.task, event.attempt, event.progress.accounting, event.progress.busySeconds);
        break;
      case "task-finished": {
        const { receipt } = event;
        finished.inc({ stage: receipt.stage });
        duration.observe({ stage: receipt.stage }, receipt.seconds);
        addResults(receipt);
        work.end(receipt, receipt.attempt, receipt.accounting);
        open--;
        break;
      }
      case "task-failed":
        failures.inc({ code: event.error.code });
        (event.willRetry ? retries : givenUp).inc({ code: event.error.code });
        work.end(event.task, event.attempt);
        if (!event.willRetry) open--;
        break;
      case "run-started":
      case "run-finished":
        open = 0;
        work.clear();
        break;
      default:
        return;
    }
    inFlight.set(work.running);
    queued.set(Math.max(0, open - work.running));
  };
}

function collectResults(registry: MetricRegistry): (receipt: Receipt) => void {
  const samplesIn = registry.counter(resultMetrics.samplesIn);
  const samplesOut = registry.counter(resultMetrics.samplesOut);
  const dropped = registry.counter(resultMetrics.samplesDropped);
  const quarantined = registry.counter(resultMetrics.samplesQuarantined);
  const read = registry.counter(resultMetrics.samplesFinished);
  const written = registry.counter(resultMetrics.samplesWritten);
  const bytes = registry.counter(resultMetrics.bytesWritten);
  const shards = registry.counter(resultMetrics.shardsWritten);
  const addFailures = (step: string, failed: Accounting["unreadable"]) => {
    for (const [code, count] of Object.entries(failed)) quarantined.inc({ step, code }, count);
  };
  return ({ stage, accounting, shards: files }) => {
    read.inc({ stage }, accounting.read);
    written.inc({ stage }, accounting.written);
    shards.inc({ stage }, files.length);
    bytes.inc(
      { stage },
      files.reduce((sum, file) => sum + file.bytes, 0),
    );
    addFailures("read", accounting.unreadable);
    addFailures("write", accounting.unwritable);
    for (const [step, account] of Object.entries(accounting.steps)) {
      samplesIn.inc({ step }, account.in);
      samplesOut.inc({ step }, account.kept + account.children);
      addFailures(step, account.failed);
      for (const [reason, count] of Object.entries(account.dropped)) dropped.inc({ step, reason }, count);
    }
  };
}
