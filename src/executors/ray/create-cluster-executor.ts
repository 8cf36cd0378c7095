import type { Executor, StageResources } from "../../contract/executor.ts";
import type { RayCluster } from "../ray-address.ts";
import type { BridgeLauncher } from "./bridge-launcher.ts";
import { linkPatience } from "./frame-link.ts";
import { JobLauncher } from "./job-launcher.ts";
import { ProcessLauncher } from "./process-launcher.ts";
import { createRayExecutor } from "./ray-executor.ts";

/** The launcher that an address asks for. */
export function launcherFor({ address, python, token, callbackHost, callbackPort }: RayCluster): BridgeLauncher {
  return address.by === "process"
    ? new ProcessLauncher({ python, address: address.address, patience: linkPatience })
    : new JobLauncher({ url: address.url, token, callbackHost, callbackPort, patience: linkPatience });
}

/** An executor on the nodes of this cluster. */
export function createClusterExecutor(
  cluster: RayCluster,
  request: {
    readonly workers: number;
    readonly minWorkers: number;
    readonly resources: readonly StageResources[];
    readonly catalogModule: URL;
  },
): Executor {
  const { callbackHost, callbackPort } = cluster;
  return createRayExecutor({
    launcher: launcherFor(cluster),
    callbackHost,
    callbackPort,
    catalogModule: request.catalogModule,
    minWorkers: request.minWorkers,
    workers: request.workers,
    preflightResources: mostOf(request.resources),
  });
}

function mostOf(resources: readonly StageResources[]): StageResources {
  const most = (name: "cpus" | "gpus" | "memoryBytes") => Math.max(0, ...resources.map((stage) => stage[name]));
  return {
    cpus: most("cpus") || 1,
    gpus: most("gpus"),
    memoryBytes: most("memoryBytes"),
    labels: Object.assign({}, ...resources.map(({ labels }) => labels)),
  };
}
