import type { CallbackTicket } from "./callback-server.ts";
import type { HostLink } from "./host-link.ts";

/** A worker's place in the cluster, from when it is asked for. */
export interface Slot {
  /** Unique in the life of an executor. */
  readonly number: number;
  /** As displays call the worker: the least number that is free, so that there are never many. */
  readonly worker: number;
  state: "pending" | "placed" | "free" | "busy" | "retired";
  /** Of its program; good until it is used. */
  ticket: CallbackTicket | undefined;
  /** A name for people, with the node's id where several have one name; empty until `placed`. */
  node: string;
  /** Of the node, as Ray has it. */
  nodeId: string;
  host: HostLink | undefined;
  /** Whether the storage that it shares with this process was looked at. */
  hasSeenStorage: boolean;
  /** Seconds since anything was asked of it, by a steady clock: `performance.now() / 1000`. */
  idleSince: number;
  /** Resolved when it is known where it is. */
  readonly placed: PromiseWithResolvers<void>;
  /** Resolved with what Ray says when its actor has ended. */
  readonly gone: PromiseWithResolvers<{ readonly end: "killed" | "memory"; readonly reason: string }>;
}
