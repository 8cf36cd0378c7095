import { z } from "zod";
import type { StageResources } from "../../contract/executor.ts";
import { PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";

/** What the bridge of this version says and understands. */
export const bridgeProtocol = 1;

/** An order for a worker's place: an actor that holds resources, and on its node the program that does the work. */
export type SlotOrder = {
  readonly type: "create";
  readonly slot: number;
  /** As Ray's dashboard shows it. */
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  /** A line for the program's standard input. */
  readonly configuration: string;
} & StageResources;

export type ToBridge =
  | SlotOrder
  | { readonly type: "retire"; readonly slot: number }
  | { readonly type: "describe" }
  | { readonly type: "shutdown" };

const node = z.object({
  id: z.string(),
  address: z.string(),
  machine: z.string(),
  cpus: z.number(),
  gpus: z.number(),
  memoryBytes: z.number(),
  labels: z.record(z.string(), z.string()),
});

export type ClusterNode = z.infer<typeof node>;

const resources = z.record(z.string(), z.number());

const message = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.int(),
    ray: z.string(),
    python: z.string(),
    /** Of the node that the bridge runs on. */
    address: z.string(),
    job: z.string(),
    nodes: z.array(node),
  }),
  z.object({ type: z.literal("failed"), reason: z.string() }),
  z.object({ type: z.literal("nodes"), nodes: z.array(node) }),
  z.object({
    type: z.literal("placed"),
    slot: z.int(),
    node: z.string(),
    address: z.string(),
    machine: z.string(),
    processId: z.int(),
    gpus: z.array(z.string()),
  }),
  z.object({
    type: z.literal("gone"),
    slot: z.int(),
    /** `refused`: Ray would not have it. */
    end: z.enum(["ended", "died", "memory", "refused"]),
    reason: z.string(),
  }),
  z.object({
    type: z.literal("described"),
    total: resources,
    available: resources,
    actors: z.array(z.string()),
  }),
]);

export type FromBridge = z.infer<typeof message>;
export type BridgeReady = Extract<FromBridge, { readonly type: "ready" }>;
export type ClusterDescription = Extract<FromBridge, { readonly type: "described" }>;

/** Throws PROTOCOL. */
export function parseFromBridge(header: JsonObject): FromBridge {
  const parsed = message.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new PipelineError(
    "PROTOCOL",
    `the bridge to Ray said what is not understood: ${JSON.stringify(header).slice(0, 200)}`,
  );
}
