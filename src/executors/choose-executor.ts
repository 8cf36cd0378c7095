import { readFile } from "node:fs/promises";
import { PipelineError } from "../model/errors.ts";
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
