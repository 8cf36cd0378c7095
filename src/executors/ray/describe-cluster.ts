import { PipelineError } from "../../model/errors.ts";
import type { RayCluster } from "../ray-address.ts";
import type { ClusterNode } from "./bridge-message.ts";
import { BridgeSession } from "./bridge-session.ts";
import { launcherFor } from "./create-cluster-executor.ts";

/** The version that image, tests and figures are of. */
export const testedRay = "2.58.0";

/** A cluster as a bridge sees it that has just joined. */
export interface ClusterReport {
  readonly ray: string;
  readonly python: string;
  /** Time from nothing to having joined. */
  readonly seconds: number;
  readonly nodes: readonly ClusterNode[];
  /** By resource of Ray's: `CPU`, `GPU`, `memory` in bytes. */
  readonly total: { readonly [resource: string]: number };
  readonly available: { readonly [resource: string]: number };
  /** Names of the actors that are workers' places, of whatever run. */
  readonly actors: readonly string[];
  /** What will not go well. */
  readonly warnings: readonly string[];
}

/**
 * Does what a run does first, starting a bridge that joins and calls back, and looks around. Rejects as a run would, with
 * RAY_UNREACHABLE, RAY_UNAUTHORIZED or RAY_MISMATCH.
 */
export async function describeCluster(cluster: RayCluster): Promise<ClusterReport> {
  const started = performance.now();
  const session = await BridgeSession.open(launcherFor(cluster), new AbortController().signal);
  const seconds = (performance.now() - started) / 1000;
  try {
    const lost = Promise.withResolvers<never>();
    session.observe({
      event: () => undefined,
      lost: (reason) => lost.reject(new PipelineError("RAY_LOST", `the bridge to Ray was lost: ${reason}`)),
    });
    const { total, available, actors } = await Promise.race([session.describe(), lost.promise]);
    const { ray, python, nodes } = session.ready;
    return { ray, python, seconds, nodes, total, available, actors, warnings: warningsOf(ray, nodes) };
  } finally {
    await session.close();
  }
}

function warningsOf(ray: string, nodes: readonly ClusterNode[]): readonly string[] {
  const warnings: string[] = [];
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  if (minor(ray) !== minor(testedRay))
    warnings.push(`the cluster has Ray ${ray}: this version was tried with ${testedRay}`);
  if (nodes.every(({ cpus }) => cpus === 0)) warnings.push("no node has CPUs for workers: a run waits until one has");
  return warnings;
}
