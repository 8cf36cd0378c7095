import type { Task, WorkerSetup } from "../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../contract/preflight.ts";
import type { Receipt, TaskId } from "../contract/receipt.ts";
import type { StorageRequests, TaskProgress, WorkerActivity } from "../contract/run-event.ts";
import { type ErrorRecord, PipelineError } from "../model/errors.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Standing } from "./standing.ts";

/** What the executor's side says to a worker. */
export type ToWorker =
  | {
      readonly type: "open";
      readonly catalogModule: string;
      readonly setup: WorkerSetup;
      /** Path of the file that a CPU profile is written to when the worker closes; no profile is taken without it. */
      readonly profile?: string;
    }
  | { readonly type: "run"; readonly task: Task }
  /** In place of `open`: try what a run would need. */
  | { readonly type: "preflight"; readonly catalogModule: string; readonly request: PreflightRequest }
  /** The answer to `reserve`. */
  | { readonly type: "granted" }
  /** What is waited for? Answered whenever the worker's own thread is free. */
  | { readonly type: "ask" }
  /** Close the steps and exit, after the running task. */
  | { readonly type: "close" };

/** What a worker says. Between `open` and `ready`, `preflight` and `preflighted`, and from `run` to `done` or `failed`, it is busy. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "open-failed"; readonly error: ErrorRecord }
  | { readonly type: "progress"; readonly task: TaskId; readonly attempt: number; readonly progress: TaskProgress }
  | { readonly type: "activity"; readonly activity: WorkerActivity }
  | { readonly type: "storage-requests"; readonly requests: readonly StorageRequests[] }
  /** A sample needs memory that all workers share: granted in its time, given back by `release`. One at a time. */
  | { readonly type: "reserve"; readonly bytes: number }
  | { readonly type: "release" }
  /** Answers `ask`; null while no task runs. */
  | { readonly type: "standing"; readonly standing: Standing | null }
  | { readonly type: "done"; readonly receipt: Receipt }
  | { readonly type: "preflighted"; readonly report: PreflightReport }
  | { readonly type: "failed"; readonly error: ErrorRecord };

/*
 * Both ends come from one installation and speak over a private socket: the type tag is checked,
 * the payload is the peer's own pure data.
 */
export function isToWorker(header: JsonObject): header is JsonObject & ToWorker {
  return (
    header.type === "close" ||
    header.type === "granted" ||
    header.type === "ask" ||
    (header.type === "run" && isJsonObject(header.task)) ||
    (header.type === "open" && isJsonObject(header.setup)) ||
    (header.type === "preflight" && isJsonObject(header.request))
  );
}

const fromWorkerTypes: readonly unknown[] = [
  "ready",
  "open-failed",
  "progress",
  "activity",
  "storage-requests",
  "reserve",
  "release",
  "standing",
  "done",
  "preflighted",
  "failed",
];

export function isFromWorker(header: JsonObject): header is JsonObject & FromWorker {
  return fromWorkerTypes.includes(header.type);
}

export function unknownMessage(header: JsonObject): PipelineError {
  return new PipelineError("PROTOCOL", `unknown message ${JSON.stringify(header.type) ?? "without a type"}`);
}
