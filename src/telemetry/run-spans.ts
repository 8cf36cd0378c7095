import { createHash, randomBytes } from "node:crypto";
import { totalsOf } from "../contract/accounting.ts";
import { type TaskId, taskKey } from "../contract/receipt.ts";
import type { RunEvent } from "../contract/run-event.ts";
import type { ErrorRecord } from "../model/errors.ts";
import { logRecordOf } from "./log-record.ts";

export type SpanAttributes = { readonly [name: string]: string | number | boolean };

interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attributes: SpanAttributes;
}

/** A span of OpenTelemetry that has ended. Times are milliseconds since 1970. */
export interface EndedSpan {
  /** The same for every process that works on the run. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: SpanAttributes;
  readonly events: readonly SpanEvent[];
  /** Why the span failed. */
  readonly error: string | undefined;
}

interface OpenSpan {
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly start: number;
  attributes: SpanAttributes;
  readonly events: SpanEvent[];
}

/** OpenTelemetry's own limit. */
const mostEvents = 128;

/** Turns the events of a run into spans: the run, in it its stages, in them the attempts at tasks. */
export class RunSpans {
  readonly #onEnd: (span: EndedSpan) => void;
  readonly #tasks = new Map<string, OpenSpan>();
  #traceId = "";
  #run: OpenSpan | undefined;
  #stage: OpenSpan | undefined;

  constructor(onEnd: (span: EndedSpan) => void) {
    this.#onEnd = onEnd;
  }

  /** `at`: milliseconds since 1970. */
  onEvent(event: RunEvent, at: number): void {
    switch (event.type) {
      case "run-started": {
        this.#traceId = createHash("sha256").update(event.runId).digest("hex").slice(0, 32);
        const { runId, planHash, destination } = event;
        this.#run = open("run", undefined, at, {
          "pipeline.run": runId,
          "pipeline.plan_hash": planHash,
          "pipeline.destination": destination,
          "pipeline.resumed": event.resumed !== null,
        });
        break;
      }
      case "stage-started":
        this.#end(this.#stage, at);
        this.#stage = open("stage", this.#run, at, { "pipeline.stage": event.stage, "pipeline.tasks": event.tasks });
        break;
      case "task-started": {
        const { worker, task, attempt } = event;
        const attributes = { ...taskAttributes(task), "pipeline.attempt": attempt, "pipeline.worker": worker };
        this.#tasks.set(taskKey(task), open("task", this.#stage ?? this.#run, at, attributes));
        break;
      }
      case "task-finished": {
        const { read, written, dropped, failed } = totalsOf(event.receipt.accounting);
        this.#endTask(event.receipt, at, {
          "pipeline.samples.read": read,
          "pipeline.samples.written": written,
          "pipeline.samples.dropped": dropped,
          "pipeline.samples.failed": failed,
        });
        break;
      }
      case "task-failed":
        this.#endTask(event.task, at, { "pipeline.will_retry": event.willRetry }, event.error);
        break;
      case "worker-lost":
      case "worker-stalled":
      case "sample-condemned":
      case "checkpoint-failed":
      case "drain-started":
        note(this.#run, event.type, at, { message: logRecordOf(event).message });
        break;
      case "run-finished":
        this.#endRun(event.summary.outcome, event.summary.error, at);
        break;
      default:
    }
  }

  #endTask(task: TaskId, at: number, attributes: SpanAttributes, error?: ErrorRecord): void {
    const span = this.#tasks.get(taskKey(task));
    this.#tasks.delete(taskKey(task));
    this.#end(span, at, attributes, error);
  }

  #endRun(outcome: string, error: ErrorRecord | null, at: number): void {
    for (const span of this.#tasks.values()) this.#end(span, at, { "pipeline.cut_short": true });
    this.#tasks.clear();
    this.#end(this.#stage, at);
    this.#end(this.#run, at, { "pipeline.outcome": outcome }, error ?? undefined);
    this.#stage = undefined;
    this.#run = undefined;
  }

  #end(span: OpenSpan | undefined, end: number, attributes: SpanAttributes = {}, error?: ErrorRecord): void {
    if (span === undefined) return;
    if (error !== undefined) {
      note(span, "exception", end, {
        "exception.type": error.code,
        "exception.message": error.message,
        "exception.stacktrace": error.stack,
      });
    }
    this.#onEnd({
      ...span,
      traceId: this.#traceId,
      end,
      attributes: { ...span.attributes, ...attributes, ...(error === undefined ? {} : { "error.type": error.code }) },
      error: error?.message,
    });
  }
}

function open(name: string, parent: OpenSpan | undefined, start: number, attributes: SpanAttributes): OpenSpan {
  const spanId = randomBytes(8).toString("hex");
  return { spanId, parentId: parent?.spanId, name, start, attributes, events: [] };
}

function note(span: OpenSpan | undefined, name: string, at: number, attributes: SpanAttributes): void {
  // The newest are the ones that tell how it ended.
  if (span !== undefined && span.events.push({ name, at, attributes }) > mostEvents) span.events.shift();
}

function taskAttributes({ stage, split }: TaskId): SpanAttributes {
  return { "pipeline.stage": stage, "pipeline.split": split };
}
