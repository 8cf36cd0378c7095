import type { Stall, Task, TaskWhereabouts, WorkerEnd, WorkerSetup } from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt, TaskId } from "../../contract/receipt.ts";
import type { StorageRequests, TaskProgress, WorkerActivity } from "../../contract/run-event.ts";
import type { ErrorRecord } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";

/** What a coordinator says to the host of one worker. `open`, `run` and `preflight` are answered, one at a time. */
export type ToHost =
  /** `sharers`: workers that the node has room for. */
  | { readonly type: "open"; readonly catalogModule: string; readonly setup: WorkerSetup; readonly sharers: number }
  /** `mustSee`: files that were there a moment ago, for those who share storage with the coordinator. */
  | { readonly type: "run"; readonly task: Task; readonly mustSee: readonly string[] }
  | { readonly type: "preflight"; readonly catalogModule: string; readonly request: PreflightRequest }
  /** End, after the running task or at once. */
  | { readonly type: "close"; readonly how: "drain" | "now" };

/** How a request ended when it did not succeed. `loss`: the worker ended over it. */
export type HostFailure = {
  readonly type: "failed";
  readonly error: ErrorRecord;
  readonly loss: { readonly end: WorkerEnd; readonly whereabouts: TaskWhereabouts | null; readonly how: string } | null;
};

export type FromHost =
  | { readonly type: "opened" }
  | { readonly type: "done"; readonly receipt: Receipt }
  | { readonly type: "preflighted"; readonly report: PreflightReport }
  | HostFailure
  | { readonly type: "started"; readonly processId: number }
  | { readonly type: "progress"; readonly task: TaskId; readonly attempt: number; readonly progress: TaskProgress }
  | { readonly type: "activity"; readonly activity: WorkerActivity }
  | { readonly type: "storage-requests"; readonly requests: readonly StorageRequests[] }
  | { readonly type: "lost"; readonly end: WorkerEnd; readonly reason: string }
  | { readonly type: "memory"; readonly residentBytes: number; readonly grownBytes: number }
  | { readonly type: "stalled"; readonly stall: Stall }
  | { readonly type: "output"; readonly text: string };

/*
 * Both ends come from one installation, which the greeting has shown: the type tag is checked, the payload is the
 * peer's own pure data.
 */
const toHost: readonly unknown[] = ["open", "run", "preflight", "close"];
const fromHost: readonly unknown[] = [
  "opened",
  "done",
  "preflighted",
  "failed",
  "started",
  "progress",
  "activity",
  "storage-requests",
  "lost",
  "memory",
  "stalled",
  "output",
];

export function isToHost(header: JsonObject): header is JsonObject & ToHost {
  return toHost.includes(header.type) && (header.type !== "run" || isJsonObject(header.task));
}

export function isFromHost(header: JsonObject): header is JsonObject & FromHost {
  return fromHost.includes(header.type);
}
