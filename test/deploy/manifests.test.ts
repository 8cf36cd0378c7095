import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { prometheusRule } from "../../scripts/generate-prometheus-rule.ts";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { duration } from "../../src/contract/units.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";
import { metricTopics } from "../../src/telemetry/metric-definitions.ts";
import { missingPromtool, runPromtool } from "../fixtures/promtool.ts";
import { ServeProcess } from "../fixtures/serve-process.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import {
  deploymentSchema,
  type Manifest,
  missingKubectl,
  only,
  type Rendered,
  renderOverlay,
  renderWith,
  serviceSchema,
} from "./manifests.ts";
import { podsOf, rayClusterOf } from "./ray-cluster.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.PYTHON ?? "python3";
const missingValidator =
  spawnSync(python, ["-c", "import kubernetes_validate"]).status === 0
    ? undefined
    : `${python} lacks kubernetes-validate`;

const configSchema = z.object({ data: z.record(z.string(), z.string()) });
const selectorOf = z.union([
  z
    .object({ spec: z.object({ podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }) })
    .transform((one) => one.spec.podSelector.matchLabels),
  z
    .object({ spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }) })
    .transform((one) => one.spec.selector.matchLabels),
  z.object({ spec: z.object({ selector: z.record(z.string(), z.string()) }) }).transform((one) => one.spec.selector),
]);

function deploymentOf(rendered: Rendered) {
  const deployment = deploymentSchema.parse(only(rendered, "Deployment"));
  const [container] = deployment.spec.template.spec.containers;
  if (container === undefined) throw new Error("the Deployment has no container");
  return { deployment, pod: deployment.spec.template, container };
}

/** Ports by name wherever they are mentioned. */
function portNames(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(portNames);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    (key === "port" || key === "targetPort") && typeof one === "string" ? [one] : portNames(one),
  );
}

/** Cores, or bytes. */
function quantity(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)(m|Mi|Gi|)$/.exec(text) ?? [];
  if (digits === "") throw new Error(`no quantity: ${text}`);
  return Number(digits) * { m: 1e-3, Mi: 2 ** 20, Gi: 2 ** 30, "": 1 }[unit as "m" | "Mi" | "Gi" | ""];
}

describe.skipIf(missingKubectl !== undefined)(`manifests${missingKubectl ? ` (${missingKubectl})` : ""}`, () => {
  const overlays = () =>
    new Map([
      ["production", renderOverlay("production")],
      ["dev", renderOverlay("dev")],
      ["gpu", renderWith("gpu")],
      ["irsa", renderWith("irsa")],
      ["kuberay", renderWith("kuberay")],
      ["backlog", renderWith("backlog", "production")],
    ]);
  const hasRay = ({ objects }: Rendered) => objects.some(({ kind }) => kind === "RayCluster");

  test.skipIf(missingValidator !== undefined)(
    `every object is what Kubernetes knows, without a field too many${missingValidator ? ` (${missingValidator})` : ""}`,
    async () => {
      const folder = await temporaryFolder();
      for (const [name, overlay] of overlays()) {
        const file = path.join(folder, `${name}.yaml`);
        await writeFile(file, overlay.text);
        const { status, stdout, stderr } = spawnSync(python, ["-m", "kubernetes_validate", "--strict", file], {
          encoding: "utf8",
        });
        expect(status, `${name}: ${stdout}${stderr}`).toBe(0);
        const unknown = /Couldn't find schema for kind (\w+)/g;
        const kinds = new Set([...`${stdout}${stderr}`.matchAll(unknown)].map(([, kind]) => kind));
        const monitoring = name === "production" || name === "backlog" ? ["PodMonitor", "PrometheusRule"] : [];
        expect([...kinds].sort(), name).toEqual([...monitoring, ...(hasRay(overlay) ? ["RayCluster"] : [])]);
      }
    },
  );

  test("every selector finds the pods, every named port is one of theirs, and what is mounted is there", () => {
    for (const [name, rendered] of overlays()) {
      const { deployment, pod, container } = deploymentOf(rendered);
      expect(pod.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
      const selecting = ["Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"];
      const rayPods = hasRay(rendered) ? podsOf(rayClusterOf(rendered)) : [];
      for (const one of rendered.objects.filter(({ kind }) => selecting.includes(kind))) {
        const selector = selectorOf.parse(one);
        const found = [pod.metadata.labels, ...rayPods.map(({ labels }) => labels)].filter((labels) =>
          Object.entries(selector).every(([key, value]) => labels[key] === value),
        );
        // Nobody who asks for the Deployment's pods gets those of Ray.
        const isOfRay = one.metadata.name.startsWith("multimodal-pipeline-ray");
        expect(found.includes(pod.metadata.labels), `${name} ${one.kind} ${one.metadata.name}`).toBe(!isOfRay);
        expect(found.length > 1 || found[0] !== pod.metadata.labels).toBe(isOfRay);
      }
      const ports = new Set(
        [container, ...rayPods.flatMap(({ template }) => template.spec.containers)].flatMap((one) =>
          one.ports.map((port) => port.name),
        ),
      );
      for (const one of rendered.objects)
        expect([...ports], one.kind).toEqual(expect.arrayContaining([...portNames(one)]));
      const volumes = new Set(pod.spec.volumes.map((volume) => volume.name));
      expect(container.volumeMounts.filter((mount) => !volumes.has(mount.name))).toEqual([]);
      expect(new Set(rendered.objects.map(({ metadata }) => metadata.namespace ?? metadata.name)).size, name).toBe(1);
    }
  });

  test("variables go both ways: what the ConfigMap has is handed on, what is handed on is read by the program", () => {
    const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(path.join(root, "src", file), "utf8"))
      .join("\n");
    for (const [, rendered] of overlays()) {
      const { container } = deploymentOf(rendered);
      const { data } = configSchema.parse(only(rendered, "ConfigMap", "multimodal-pipeline-config"));
      const handed = container.env.map(({ name, valueFrom }) =>
        valueFrom !== undefined && "configMapKeyRef" in valueFrom ? valueFrom.configMapKeyRef.key : name,
      );
      expect(container.env.map(({ name }) => name)).toEqual(handed);
      expect(Object.keys(data).filter((key) => key !== "pipeline.yaml" && !handed.includes(key))).toEqual([]);
      // AWS_REGION is read by the SDK, the mode by Ray's client, its address by the hook of the image.
      const elsewhere = ["AWS_REGION", "RAY_AUTH_MODE", "RAY_ADDRESS"];
      const isRead = (name: string) =>
        elsewhere.includes(name) || sources.includes(`"${name}"`) || sources.includes(`.${name}`);
      expect(handed.filter((name) => !isRead(name))).toEqual([]);
      const ports = container.ports.map(({ name, containerPort }) => [name, String(containerPort)]);
      const bridge = container.env.find(({ name }) => name === "BRIDGE_PORT")?.value;
      expect(ports).toEqual([
        ["http", data.HEALTH_CHECK_PORT],
        ["metrics", data.METRICS_PORT],
        ...(bridge === undefined ? [] : [["bridge", bridge]]),
      ]);
    }
  });

  test("the pipeline file of the ConfigMap passes every check", async () => {
    for (const [, rendered] of overlays()) {
      const { data } = configSchema.parse(only(rendered, "ConfigMap", "multimodal-pipeline-config"));
      const { warnings } = await resolvePipeline({
        text: data["pipeline.yaml"] ?? "",
        fileName: "pipeline.yaml",
        baseFolder: "/etc/pipeline",
        workingFolder: "/work",
        catalog: builtinCatalog,
        environment: data,
      });
      expect(warnings).toEqual([]);
    }
  });

  test("the probes' paths and the ports' paths are served by the program, under restricted rights and within the grace", async () => {
    const { pod, container } = deploymentOf(renderOverlay("production"));
    const { data } = configSchema.parse(only(renderOverlay("production"), "ConfigMap", "multimodal-pipeline-config"));
    expect(pod.spec.securityContext.seccompProfile.type).toBe("RuntimeDefault");
    expect(container.securityContext.capabilities.drop).toEqual(["ALL"]);
    const [, sleep] = container.lifecycle.preStop.exec.command;
    const grace = duration.parse(data.TERMINATION_GRACE ?? "");
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(sleep) + grace + 5);

    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "input"));
    await writeFile(path.join(folder, "input", "a.jsonl"), '{"text":"one"}\n');
    const pipeline = "source: { jsonl: { path: ./input } }\nsteps: []\nsink: { jsonl: {} }\n";
    await writeFile(path.join(folder, "pipeline.yaml"), pipeline);
    expect(container.args).toEqual(["serve", "--log-json"]);
    const served = new ServeProcess(["--log-json"], folder, { PIPELINE_CONFIG: "pipeline.yaml", OUTPUT_PATH: "out" });
    await served.until("run:state", { observedValue: "finished" });
    for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(httpGet.port).toBe("http");
      await expect.poll(() => served.status(httpGet.path)).toBe(200);
    }
    expect(await served.metrics()).toContain("pipeline_run_state");
    served.kill("SIGTERM");
    expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  });

  test("the quota holds the most replicas, the surge of a rollout and Ray at its largest, and an HPA owns the number of replicas alone", () => {
    const rendered = renderOverlay("production");
    const { deployment, container } = deploymentOf(rendered);
    const scaling = z
      .object({
        spec: z.object({
          minReplicas: z.number(),
          maxReplicas: z.number(),
          scaleTargetRef: z.object({ name: z.string() }),
        }),
      })
      .parse(only(rendered, "HorizontalPodAutoscaler")).spec;
    expect(deployment.spec.replicas).toBeUndefined();
    expect(scaling.scaleTargetRef.name).toBe(deployment.metadata.name);
    const { hard } = z
      .object({ spec: z.object({ hard: z.record(z.string(), z.string()) }) })
      .parse(only(rendered, "ResourceQuota")).spec;
    const ours = scaling.maxReplicas + deployment.spec.strategy.rollingUpdate.maxSurge;
    const rayPods = podsOf(rayClusterOf(rendered));
    const asked = new Map<string, number>();
    const ask = (pods: number, resources: { readonly [side: string]: { readonly [name: string]: string } }) => {
      for (const [side, values] of Object.entries(resources))
        for (const [name, value] of Object.entries(values))
          asked.set(`${side}.${name}`, (asked.get(`${side}.${name}`) ?? 0) + pods * quantity(value));
    };
    ask(ours, container.resources);
    for (const { maxReplicas, resources } of rayPods) for (const one of resources) ask(maxReplicas, one);
    // With the component gpu each of ours asks for a GPU.
    ask(ours, { requests: { "nvidia.com/gpu": "1" } });
    expect(asked.size).toBe(8);
    for (const [name, sum] of asked) {
      // A quota counts a device by what is requested, which is what is allowed.
      const key = name.replace("limits.nvidia", "requests.nvidia");
      expect(quantity(hard[key] ?? "0"), name).toBeGreaterThanOrEqual(sum);
    }
    const pods = rayPods.reduce((sum, { maxReplicas }) => sum + maxReplicas, ours);
    expect(Number(hard.pods)).toBeGreaterThanOrEqual(pods);
  });

  test("the components do what they are for", () => {
    const gpu = deploymentOf(renderWith("gpu"));
    expect(gpu.pod.spec.nodeSelector).toEqual({ accelerator: "nvidia-gpu" });
    expect(gpu.container.resources.limits["nvidia.com/gpu"]).toBe("1");
    const account: Manifest = only(renderWith("irsa"), "ServiceAccount");
    expect(account.metadata).toMatchObject({
      annotations: { "eks.amazonaws.com/role-arn": expect.stringContaining("arn:aws:iam::") },
    });
    const { metrics } = z
      .object({ spec: z.object({ metrics: z.array(z.looseObject({ type: z.string() })) }) })
      .parse(only(renderWith("backlog", "production"), "HorizontalPodAutoscaler")).spec;
    expect(metrics).toMatchObject([{ type: "Resource" }, { pods: { metric: { name: "pipeline_tasks_queued" } } }]);
    expect(metricNames).toContain("pipeline_tasks_queued");
    expect(serviceSchema.parse(only(renderOverlay("production"), "Service")).spec.ports).toHaveLength(2);
  });
});

const metricNames = metricTopics.flatMap(({ metrics }) => metrics.map(({ name }) => name));

test("the dashboard asks for metrics that exist, and none of its panels is there twice", () => {
  const text = readFileSync(path.join(root, "deploy/components/monitoring/dashboard.json"), "utf8");
  const { panels } = z
    .object({
      panels: z.array(
        z.object({
          id: z.number(),
          type: z.string(),
          title: z.string().min(1),
          gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
          targets: z.array(z.object({ refId: z.string(), expr: z.string() })).default([]),
        }),
      ),
    })
    .parse(JSON.parse(text));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const places = panels.map(({ gridPos: { x, y, w } }) => ({ x, y, w }));
  expect(places.every(({ x, w }) => x + w <= 24)).toBe(true);
  expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(panels.length);
  for (const { type, title, targets } of panels) {
    if (type === "row") continue;
    expect(targets.length, title).toBeGreaterThan(0);
    for (const { expr } of targets) {
      const asked = [...expr.matchAll(/\bpipeline_\w+/g)].map(([name]) => name.replace(/_bucket$/, ""));
      expect(asked.length, title).toBeGreaterThan(0);
      expect(
        asked.filter((name) => !metricNames.includes(name)),
        title,
      ).toEqual([]);
    }
  }
  const rendered = missingKubectl === undefined ? renderOverlay("production") : undefined;
  if (rendered !== undefined)
    expect(only(rendered, "ConfigMap", "multimodal-pipeline-dashboard")).toMatchObject({
      metadata: { labels: { grafana_dashboard: "1" } },
      data: { "multimodal-pipeline.json": text },
    });
});

test("Prometheus understands what the dashboard asks", async (context) => {
  if (missingPromtool !== undefined) return context.skip(missingPromtool);
  const text = readFileSync(path.join(root, "deploy/components/monitoring/dashboard.json"), "utf8");
  const asked = [...text.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, one = ""]) =>
    z.string().parse(JSON.parse(one)),
  );
  expect(asked.length).toBeGreaterThan(20);
  const rules = asked.map((expr, n) => ({
    record: `asked:${n}`,
    expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".*"),
  }));
  const file = path.join(await temporaryFolder(), "rules.yaml");
  await writeFile(file, stringify({ groups: [{ name: "dashboard", rules }] }));
  const { status, said } = runPromtool(["check", "rules", file]);
  expect(status, said).toBe(0);
});

test("the alerts that the Prometheus Operator gets are those that are tested", () => {
  const text = readFileSync(path.join(root, "deploy/components/monitoring/prometheus-rule.yaml"), "utf8");
  expect(text).toBe(prometheusRule());
  expect(parse(text)).toMatchObject({ kind: "PrometheusRule" });
});
