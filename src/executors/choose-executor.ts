import { readFile } from "node:fs/promises";
import type { Executor, StageResources } from "../contract/executor.ts";
import { PipelineError } from "../model/errors.ts";
import { createLocalExecutor } from "./local/local-executor.ts";
import { machineLimits } from "./local/machine-limits.ts";
import type { WorkerProcess } from "./local/worker-process.ts";
import { type RayCluster, rayClusterOf } from "./ray-address.ts";

/** Where tasks run: on this machine, or in a Ray cluster. */
export type ExecutorChoice = { readonly kind: "local" } | { readonly kind: "ray"; readonly cluster: RayCluster };

/** What a command line says of it. */
export interface ExecutorFlags {
  readonly executor?: string | undefined;
  readonly rayAddress?: string | undefined;
}

/**
 * The flags go before the environment: RAY_API_SERVER_ADDRESS or RAY_ADDRESS alone choose Ray. `ray` without an address is
 * the cluster that this machine is part of. Throws INVALID_OPTION.
 */
export async function chooseExecutor(
  { executor, rayAddress }: ExecutorFlags,
  environment: { readonly [name: string]: string | undefined },
): Promise<ExecutorChoice> {
  if (executor !== undefined && executor !== "local" && executor !== "ray") {
    throw new PipelineError(
      "INVALID_OPTION",
      `--executor: expected local or ray, received ${JSON.stringify(executor)}`,
    );
  }
  if (executor === "local") return { kind: "local" };
  const isAsked = executor === "ray" || rayAddress !== undefined;
  const token = await rayToken(environment);
  const cluster =
    rayClusterOf(rayAddress, environment, token) ?? (isAsked ? rayClusterOf("auto", environment, token) : undefined);
  return cluster === undefined ? { kind: "local" } : { kind: "ray", cluster };
}

/** As Ray itself reads it: off unless RAY_AUTH_MODE says so. */
async function rayToken(environment: { readonly [name: string]: string | undefined }): Promise<string | undefined> {
  if (environment.RAY_AUTH_MODE !== "token") return undefined;
  const token = environment.RAY_AUTH_TOKEN;
  const path = environment.RAY_AUTH_TOKEN_PATH;
  if (token !== undefined && token !== "") return token;
  if (path === undefined || path === "") return undefined;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new PipelineError("INVALID_OPTION", `RAY_AUTH_TOKEN_PATH: ${path} cannot be read`, { cause });
  }
}

/** Workers of a cluster that nobody limits. */
const mostWorkers = 10_000;
const budgetPerWorkerBytes = 64 * 2 ** 20;

/** What `auto` stands for: on a cluster as many workers as it has room for, each with 64 MiB of decoded samples. */
export function executorLimits(
  { kind }: ExecutorChoice,
  asked: number | "auto" | { readonly min: number; readonly max: number },
): { readonly workers: number; readonly memoryBudgetBytes: number } {
  if (kind === "local") return machineLimits();
  const workers = asked === "auto" ? mostWorkers : typeof asked === "number" ? asked : asked.max;
  return { workers, memoryBudgetBytes: workers * budgetPerWorkerBytes };
}

export interface ExecutorRequest {
  readonly workers: number;
  readonly minWorkers: number;
  readonly resources: readonly StageResources[];
  readonly catalogModule: URL;
  /** On this machine: booting already. */
  readonly firstWorker?: WorkerProcess;
  /** On this machine: where each worker writes its CPU profile when it drains. */
  readonly profileFolder?: string;
}

export async function createExecutor(choice: ExecutorChoice, request: ExecutorRequest): Promise<Executor> {
  if (choice.kind === "local") return createLocalExecutor(request);
  const { createClusterExecutor } = await import("./ray/create-cluster-executor.ts");
  return createClusterExecutor(choice.cluster, request);
}
