import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";
import { z } from "zod";
import { only, type Rendered } from "./manifests.ts";

const labels = z.record(z.string(), z.string());
const quantities = z.record(z.string(), z.string());
const securityContext = z.object({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.object({ drop: z.tuple([z.literal("ALL")]) }),
});
const resources = z.object({ requests: quantities, limits: quantities });
const mounts = z.array(z.object({ name: z.string(), mountPath: z.string() }));

const template = z.object({
  metadata: z.object({ annotations: labels.optional(), labels: labels.optional() }).optional(),
  spec: z.object({
    serviceAccountName: z.string().optional(),
    automountServiceAccountToken: z.boolean().optional(),
    nodeSelector: labels.optional(),
    tolerations: z.array(z.looseObject({ key: z.string() })).optional(),
    securityContext: z.object({
      runAsNonRoot: z.literal(true),
      runAsUser: z.literal(10001),
      fsGroup: z.literal(10001),
      seccompProfile: z.object({ type: z.literal("RuntimeDefault") }),
    }),
    containers: z
      .array(
        z.object({
          name: z.string(),
          image: z.string(),
          env: z.array(z.looseObject({ name: z.string() })).default([]),
          envFrom: z
            .array(z.object({ secretRef: z.object({ name: z.string(), optional: z.literal(true) }) }))
            .default([]),
          ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
          resources,
          securityContext,
          volumeMounts: mounts,
        }),
      )
      .length(1),
    volumes: z.array(z.object({ name: z.string() })),
  }),
});
const rayStartParams = labels;

const rayClusterSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    rayVersion: z.string(),
    enableInTreeAutoscaling: z.literal(true),
    autoscalerOptions: z.object({ version: z.literal("v2"), resources, securityContext, volumeMounts: mounts }),
    authOptions: z.object({ mode: z.literal("token") }),
    headGroupSpec: z.object({
      headService: z.object({ metadata: z.object({ name: z.string() }) }),
      rayStartParams,
      template,
    }),
    workerGroupSpecs: z.array(
      z.object({
        groupName: z.string(),
        // The autoscaler's.
        replicas: z.undefined().optional(),
        minReplicas: z.number(),
        maxReplicas: z.number(),
        rayStartParams,
        template,
      }),
    ),
  }),
});

export const rayClusterOf = (rendered: Rendered) => rayClusterSchema.parse(only(rendered, "RayCluster"));
export type RayCluster = ReturnType<typeof rayClusterOf>;

/** A kind of pod that KubeRay makes of the cluster. */
export interface RayPod {
  readonly group: string;
  readonly labels: { readonly [name: string]: string };
  readonly template: z.output<typeof template>;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Of every container, those that KubeRay adds included. */
  readonly resources: readonly z.output<typeof resources>[];
}

/** What KubeRay 1.7 makes of it: labels of its own, and beside the head the autoscaler. */
export function podsOf({ metadata, spec }: RayCluster): readonly RayPod[] {
  const labelsOf = (group: string, type: string, own: z.output<typeof template>) => ({
    ...own.metadata?.labels,
    "ray.io/is-ray-node": "yes",
    "ray.io/cluster": metadata.name,
    "ray.io/node-type": type,
    "ray.io/group": group,
  });
  const own = (pod: z.output<typeof template>) => pod.spec.containers.map((container) => container.resources);
  const head = spec.headGroupSpec.template;
  return [
    {
      group: "headgroup",
      labels: labelsOf("headgroup", "head", head),
      template: head,
      minReplicas: 1,
      maxReplicas: 1,
      resources: [...own(head), spec.autoscalerOptions.resources],
    },
    ...spec.workerGroupSpecs.map((group) => ({
      group: group.groupName,
      labels: labelsOf(group.groupName, "worker", group.template),
      template: group.template,
      minReplicas: group.minReplicas,
      maxReplicas: group.maxReplicas,
      resources: own(group.template),
    })),
  ];
}

const schemaNode = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
});

/** The schema with every field that it does not name forbidden, where it names any. */
function closed(value: unknown): unknown {
  const { success, data } = schemaNode.safeParse(value);
  if (!success) return value;
  const { properties, items, additionalProperties, ...rest } = data;
  const isOpen = rest["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, closed(one)])),
      ...(!isOpen && { additionalProperties: false }),
    }),
    ...(items !== undefined && { items: closed(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: closed(additionalProperties) }),
  };
}

/** Holds an object to what the API server would, and to having no field that it does not know. */
export function rayClusterValidator(): ValidateFunction {
  const { spec } = z
    .object({
      spec: z.object({
        versions: z.tuple([z.object({ name: z.literal("v1"), schema: z.object({ openAPIV3Schema: schemaNode }) })]),
      }),
    })
    .parse(parse(readFileSync(new URL("schemas/ray.io_rayclusters.yaml", import.meta.url), "utf8")));
  const schema = z.record(z.string(), z.unknown()).parse(closed(spec.versions[0].schema.openAPIV3Schema));
  return new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
}
