import { PipelineError } from "../model/errors.ts";

/** Where a Ray cluster is, and so how its driver is started. */
export type RayAddress =
  /** By Ray's Jobs API at this URL of its dashboard; the driver runs on the head. */
  | { readonly by: "job"; readonly url: string }
  /** As a child of this process, which is on a node of the cluster: `auto`, or where the head's GCS listens. */
  | { readonly by: "process"; readonly address: string };

/** How to get at a Ray cluster. */
export interface RayCluster {
  readonly address: RayAddress;
  /** Where the address was given, for messages. */
  readonly from: string;
  /** Python with Ray, for a driver that is a child of this process. */
  readonly python: string;
  /** Where this process can be reached from the cluster's nodes; undefined: at the address that it reaches the cluster from. */
  readonly callbackHost: string | undefined;
  /** 0: any that is free. */
  readonly callbackPort: number;
  /** Of Ray's token authentication. */
  readonly token: string | undefined;
}

interface Environment {
  readonly [name: string]: string | undefined;
}

/**
 * The cluster that flag or environment name; undefined when none does. RAY_API_SERVER_ADDRESS goes before RAY_ADDRESS,
 * as in Ray's own command line. Throws INVALID_OPTION.
 */
export function rayClusterOf(
  flag: string | undefined,
  environment: Environment,
  token: string | undefined,
): RayCluster | undefined {
  const given = firstGiven([
    ["--ray-address", flag],
    ["RAY_API_SERVER_ADDRESS", environment.RAY_API_SERVER_ADDRESS],
    ["RAY_ADDRESS", environment.RAY_ADDRESS],
  ]);
  if (given === undefined) return undefined;
  const [from, text] = given;
  return {
    address: parseAddress(text, from),
    from,
    python: nonEmpty(environment.RAY_PYTHON) ?? "python3",
    callbackHost: nonEmpty(environment.BRIDGE_HOST),
    callbackPort: parsePort(nonEmpty(environment.BRIDGE_PORT) ?? "0"),
    token,
  };
}

function parseAddress(text: string, from: string): RayAddress {
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) throw invalid(from, text, "expected a URL such as http://ray-head-service:8265");
    return { by: "job", url: text.replace(/\/+$/, "") };
  }
  if (/^ray:\/\//i.test(text)) {
    throw invalid(
      from,
      text,
      "a Ray Client connection does not last as long as a run: give the address of Ray's dashboard, such as RAY_API_SERVER_ADDRESS=http://ray-head-service:8265",
    );
  }
  if (text !== "auto" && !/^[\w.-]+:\d+$/.test(text) && !/^\[[\da-f:]+\]:\d+$/i.test(text)) {
    throw invalid(from, text, "expected the URL of Ray's dashboard, host:port of its GCS on this node, or auto");
  }
  return { by: "process", address: text };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw invalid("BRIDGE_PORT", text, "expected a port, 0 to 65535");
}

function firstGiven(
  places: readonly (readonly [from: string, text: string | undefined])[],
): readonly [from: string, text: string] | undefined {
  for (const [from, text] of places) {
    const trimmed = text?.trim() ?? "";
    if (trimmed !== "") return [from, trimmed];
  }
  return undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}

function invalid(name: string, text: string, expected: string): PipelineError {
  return new PipelineError("INVALID_OPTION", `${name}: ${expected}; received ${JSON.stringify(text)}`, {
    details: { name },
  });
}
