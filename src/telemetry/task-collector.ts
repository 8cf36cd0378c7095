import { type Accounting, totalOf } from "../contract/accounting.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { AttemptWork } from "./attempt-work.ts";
import { resultMetrics, taskMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** Tasks and what becomes of samples in them. */
export function collectTasks(registry: MetricRegistry): (event: RunEvent) => void {
  const work = new AttemptWork(registry);
  const results = collectResults(registry);
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
        // Rates are blind to a counter that appears with its first count.
        for (const counter of [started, finished]) counter.inc({ stage: event.stage }, 0);
        work.show(event.stage);
        results.show(event.stage);
        break;
      case "task-started":
        started.inc({ stage: event.task.stage });
        work.begin(event.task, event.attempt);
        break;
      case "task-progressed":
        work.grow(event.task, event.attempt, event.progress);
        break;
      case "task-finished": {
        const { receipt } = event;
        finished.inc({ stage: receipt.stage });
        duration.observe({ stage: receipt.stage }, receipt.seconds);
        results.add(receipt);
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

function collectResults(registry: MetricRegistry) {
  const samplesIn = registry.counter(resultMetrics.samplesIn);
  const samplesOut = registry.counter(resultMetrics.samplesOut);
  const dropped = registry.counter(resultMetrics.samplesDropped);
  const quarantined = registry.counter(resultMetrics.samplesQuarantined);
  const read = registry.counter(resultMetrics.samplesFinished);
  const written = registry.counter(resultMetrics.samplesWritten);
  const bytes = registry.counter(resultMetrics.bytesWritten);
  const shards = registry.counter(resultMetrics.shardsWritten);
  const failed = registry.counter(resultMetrics.samplesFailed);
  const addFailures = (stage: number, step: string, byCode: Accounting["unreadable"]) => {
    failed.inc({ stage }, totalOf(byCode));
    for (const [code, count] of Object.entries(byCode)) quarantined.inc({ step, code }, count);
  };
  const show = (stage: number) => {
    for (const counter of [read, written, bytes, shards, failed]) counter.inc({ stage }, 0);
  };
  const add = ({ stage, accounting, shards: files }: Receipt) => {
    read.inc({ stage }, accounting.read);
    written.inc({ stage }, accounting.written);
    shards.inc({ stage }, files.length);
    bytes.inc(
      { stage },
      files.reduce((sum, file) => sum + file.bytes, 0),
    );
    addFailures(stage, "read", accounting.unreadable);
    addFailures(stage, "write", accounting.unwritable);
    for (const [step, account] of Object.entries(accounting.steps)) {
      samplesIn.inc({ step }, account.in);
      samplesOut.inc({ step }, account.kept + account.children);
      addFailures(stage, step, account.failed);
      for (const [reason, count] of Object.entries(account.dropped)) dropped.inc({ step, reason }, count);
    }
  };
  return { show, add };
}
