import type { HostLink } from "./host-link.ts";

/** A worker's place in the cluster, from when it is asked for. */
export interface Slot {
  /** Unique in the life of an executor. */
  readonly number: number;
  /** As displays call the worker: the least number that is free, so that there are never many. */
  readonly worker: number;
  state: "pending" | "placed" | "free" | "busy" | "retired";
  /** A name for people; its address where several machines have one name. */
  node: string;
  /** Of the node, as Ray has it. */
  nodeId: string;
  host: HostLink | undefined;
  /** Whether the storage that it shares with this process was looked at. */
  hasSeenStorage: boolean;
  /** Seconds since anything was asked of it, by a steady clock: `performance.now() / 1000`. */
  idleSince: number;
  /** Resolved with what Ray says when its actor has ended. */
  readonly gone: PromiseWithResolvers<{ readonly end: "killed" | "memory"; readonly reason: string }>;
}
