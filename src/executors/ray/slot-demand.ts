import type { StageResources } from "../../contract/executor.ts";
import type { ClusterNode } from "./bridge-message.ts";

/** What the number of workers that are asked for depends on. */
export interface DemandFacts {
  readonly least: number;
  readonly most: number;
  /** Workers that have a place. */
  readonly placed: number;
  /** Workers that were asked for and have none yet. */
  readonly pending: number;
  /** Whether there may be a task that no worker is free for. */
  readonly isWaiting: boolean;
  /** Workers that the nodes which are alive have room for, as if nobody else used them. */
  readonly room: number;
}

/**
 * How many more workers to ask for. As many as the nodes have room for, and then some more than there are: half as many
 * again, at least one. What has no place yet is what an autoscaler sees as demand, so a cluster that can grow does,
 * and faster the larger it is; one that cannot keeps a single request waiting. Pure.
 */
export function additionalDemand({ least, most, placed, pending, isWaiting, room }: DemandFacts): number {
  const ahead = Math.max(1, Math.ceil(placed / 2));
  const wanted = isWaiting ? Math.max(least, room, placed + ahead) : least;
  return Math.max(0, Math.min(most, wanted) - placed - pending);
}

/** How many workers the nodes have room for. */
export function roomFor(asked: StageResources, nodes: readonly ClusterNode[]): number {
  return nodes.reduce((total, node) => total + roomOn(asked, node), 0);
}

export function roomOn(asked: StageResources, node: ClusterNode): number {
  if (Object.entries(asked.labels).some(([label, value]) => node.labels[label] !== value)) return 0;
  const perResource = [
    [asked.cpus, node.cpus],
    [asked.gpus, node.gpus],
    [asked.memoryBytes, node.memoryBytes],
  ] as const;
  const rooms = perResource.flatMap(([share, whole]) => (share === 0 ? [] : [Math.floor(whole / share + 1e-9)]));
  return Math.min(...rooms);
}

/** Why there is no worker, for a person. `seconds`: how long one has been waited for. */
export function capacityProblem(asked: StageResources, nodes: readonly ClusterNode[], seconds: number): string {
  const wait = `no worker has had a place in the cluster for ${Math.round(seconds)} s`;
  const need = `one needs ${needText(asked)}`;
  if (nodes.length === 0) return `${wait}: it has no node`;
  const most = (of: (node: ClusterNode) => number) => Math.max(...nodes.map(of));
  const largest = `${nodes.length === 1 ? "its only node has" : `the largest of its ${nodes.length} nodes have`} ${most((node) => node.cpus)} CPUs and ${most((node) => node.gpus)} GPUs`;
  return roomFor(asked, nodes) === 0
    ? `${wait}: ${need}, and no node has that; ${largest}. An autoscaler may add one; else change run.resources`
    : `${wait}: ${need}; ${largest}, which others use`;
}

function needText({ cpus, gpus, memoryBytes, labels }: StageResources): string {
  const parts = [
    `${cpus} CPU${cpus === 1 ? "" : "s"}`,
    ...(gpus === 0 ? [] : [`${gpus} GPU${gpus === 1 ? "" : "s"}`]),
    ...(memoryBytes === 0 ? [] : [`${Math.ceil(memoryBytes / 2 ** 20)} MiB`]),
    ...Object.entries(labels).map(([label, value]) => `the label ${label}=${value}`),
  ];
  return parts.length === 1 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
