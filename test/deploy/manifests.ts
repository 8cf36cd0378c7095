import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, stringify } from "yaml";
import { z } from "zod";

const deploy = fileURLToPath(new URL("../../deploy", import.meta.url));

/** Why manifests cannot be rendered; undefined when they can. */
export const missingKubectl =
  spawnSync("kubectl", ["version", "--client"]).status === 0 ? undefined : "kubectl is missing";

const labels = z.record(z.string(), z.string());
const quantities = z.record(z.string(), z.string());
const port = z.union([z.string(), z.number()]);
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });

export const deploymentSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.number().optional(),
    strategy: z.object({ rollingUpdate: z.object({ maxSurge: z.number(), maxUnavailable: z.number() }) }),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        nodeSelector: labels.optional(),
        securityContext: z.object({ runAsNonRoot: z.literal(true), seccompProfile: z.object({ type: z.string() }) }),
        containers: z
          .array(
            z.object({
              name: z.string(),
              image: z.string(),
              args: z.array(z.string()),
              env: z.array(
                z.object({
                  name: z.string(),
                  value: z.string().optional(),
                  valueFrom: z
                    .union([
                      z.strictObject({
                        configMapKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean() }),
                      }),
                      z.strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }) }),
                      z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.string() }) }),
                    ])
                    .optional(),
                }),
              ),
              envFrom: z.array(z.object({ secretRef: z.object({ name: z.string(), optional: z.boolean() }) })),
              ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
              startupProbe: probe,
              livenessProbe: probe,
              readinessProbe: probe,
              lifecycle: z.object({
                preStop: z.object({ exec: z.object({ command: z.tuple([z.literal("sleep"), z.string()]) }) }),
              }),
              resources: z.object({ requests: quantities, limits: quantities }),
              securityContext: z.object({
                allowPrivilegeEscalation: z.literal(false),
                readOnlyRootFilesystem: z.literal(true),
                capabilities: z.object({ drop: z.array(z.string()) }),
              }),
              volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
            }),
          )
          .length(1),
        volumes: z.array(z.object({ name: z.string() })),
      }),
    }),
  }),
});

const object = z.looseObject({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }).loose(),
});
export type Manifest = z.output<typeof object>;

export const serviceSchema = z.object({
  spec: z.object({
    selector: labels,
    ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: port })),
  }),
});

/** What an overlay renders to, with its text. */
export interface Rendered {
  readonly text: string;
  readonly objects: readonly Manifest[];
}

export function render(overlay: string): Rendered {
  const { status, stdout, stderr } = spawnSync("kubectl", ["kustomize", overlay], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { text: stdout, objects: parseAllDocuments(stdout).map((document) => object.parse(document.toJS())) };
}

export const renderOverlay = (name: string) => render(path.join(deploy, "overlays", name));

/** An overlay with one of the components. */
export const renderWith = (component: string, overlay = "dev") =>
  renderBelow((below) => ({
    namespace: `pipeline-${overlay}`,
    resources: [below(`overlays/${overlay}`)],
    components: [below(`components/${component}`)],
  }));

/** What somebody's own overlay makes of ours, which it reaches by `below`. */
export function renderBelow(kustomizationOf: (below: (place: string) => string) => object): Rendered {
  const folder = mkdtempSync(path.join(tmpdir(), "overlay-"));
  try {
    const below = (place: string) => path.relative(folder, path.join(deploy, place));
    const kustomization = kustomizationOf(below);
    writeFileSync(path.join(folder, "kustomization.yaml"), stringify(kustomization));
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function only({ objects }: Rendered, kind: string, name?: string): Manifest {
  const found = objects.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  const [one, ...others] = found;
  if (one === undefined || others.length > 0) throw new Error(`${found.length} objects ${kind}/${name ?? "*"}`);
  return one;
}
