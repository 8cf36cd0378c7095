import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { deploymentSchema, missingKubectl, only, renderBelow, renderOverlay } from "./manifests.ts";
import { connectionRule, type Endpoint } from "./network.ts";
import { podsOf, rayClusterOf, rayClusterValidator } from "./ray-cluster.ts";

const requirement = readFileSync(new URL("../../python/ray-requirements.txt", import.meta.url), "utf8");

describe.skipIf(missingKubectl !== undefined)(
  `Ray in the cluster${missingKubectl ? ` (${missingKubectl})` : ""}`,
  () => {
    const production = renderOverlayOnce();
    const cluster = () => rayClusterOf(production());
    const pods = () => podsOf(cluster());
    const deployment = () => deploymentSchema.parse(only(production(), "Deployment")).spec.template;

    test("the RayCluster is what its schema says, without a field too many", () => {
      const validate = rayClusterValidator();
      const one = structuredClone(only(production(), "RayCluster"));
      validate(one);
      expect(validate.errors ?? []).toEqual([]);
      const withMore = (change: (text: string) => string) => JSON.parse(change(JSON.stringify(one))) as unknown;
      for (const change of [
        (text: string) => text.replace('"maxReplicas"', '"maximumReplicas"'),
        (text: string) => text.replace('"readOnlyRootFilesystem"', '"readOnlyRootFileSystem"'),
        (text: string) => text.replace('"token"', '"password"'),
      ])
        expect(validate(withMore(change))).toBe(false);
    });

    test("Ray has one version, and every pod the Deployment's image", () => {
      expect(requirement.trim()).toBe(`ray[default]==${cluster().spec.rayVersion}`);
      const images = pods().flatMap(({ template }) => template.spec.containers.map(({ image }) => image));
      expect(new Set(images)).toEqual(new Set([deployment().spec.containers[0]?.image]));
      // Another tag in somebody's overlay reaches all of them.
      const newer = renderBelow((below) => ({
        resources: [below("overlays/production")],
        images: [{ name: "multimodal-pipeline", newTag: "v0.2.0" }],
      }));
      const tags = newer.text.match(/image: multimodal-pipeline:\S+/g) ?? [];
      expect(tags).toHaveLength(images.length + 1);
      expect(new Set(tags)).toEqual(new Set(["image: multimodal-pipeline:v0.2.0"]));
    });

    test("pods of Ray may do as little as ours: one user, no rights, a root that cannot be written", () => {
      // The schema holds every container to it, the autoscaler included; what is left is where they write.
      for (const { group, template } of pods()) {
        const volumes = template.spec.volumes.map(({ name }) => name);
        for (const { volumeMounts } of template.spec.containers) {
          expect(
            volumeMounts.map(({ mountPath }) => mountPath),
            group,
          ).toContain("/tmp");
          expect(volumes, group).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
        }
      }
      const [head, ...workers] = pods();
      expect(head?.template.spec.volumes.map(({ name }) => name)).toEqual(
        expect.arrayContaining(cluster().spec.autoscalerOptions.volumeMounts.map(({ name }) => name)),
      );
      // The head's account is KubeRay's, made for the autoscaler under the cluster's name: it must not be ours.
      expect(head?.template.spec.serviceAccountName).toBeUndefined();
      expect(cluster().metadata.name).not.toBe(only(production(), "ServiceAccount").metadata.name);
      for (const { template } of workers)
        expect(template.spec).toMatchObject({
          serviceAccountName: only(production(), "ServiceAccount").metadata.name,
          automountServiceAccountToken: false,
        });
    });

    test("groups are as large as said, ask for whole cores, and for all that they may have", () => {
      expect(pods().map(({ group, minReplicas, maxReplicas }) => [group, minReplicas, maxReplicas])).toEqual([
        ["headgroup", 1, 1],
        ["cpu", 1, 8],
        ["gpu", 0, 4],
      ]);
      expect(cluster().spec.headGroupSpec.rayStartParams["num-cpus"]).toBe("0");
      for (const { resources } of pods())
        for (const { requests, limits } of resources) {
          expect(requests).toEqual(limits);
          expect(requests.cpu).toMatch(/^\d+$/);
        }
      const gpu = pods().find(({ group }) => group === "gpu");
      expect(gpu?.template.spec.nodeSelector).toEqual({ accelerator: "nvidia-gpu" });
      expect(gpu?.template.spec.tolerations).toMatchObject([{ key: "nvidia.com/gpu" }]);
      expect(gpu?.resources[0]?.limits["nvidia.com/gpu"]).toBe("1");
      for (const { group, template } of pods())
        expect(template.metadata?.annotations?.["cluster-autoscaler.kubernetes.io/safe-to-evict"], group).toBe(
          group === "cpu" ? undefined : "false",
        );
    });

    test("the Deployment finds Ray, and both read the bucket with the same keys", () => {
      const env = new Map(deployment().spec.containers[0]?.env.map((one) => [one.name, one]));
      const { metadata, spec } = cluster();
      const head = spec.headGroupSpec.headService.metadata.name;
      const headPorts = spec.headGroupSpec.template.spec.containers[0]?.ports ?? [];
      const port = (name: string) => headPorts.find((one) => one.name === name)?.containerPort;
      expect(env.get("RAY_API_SERVER_ADDRESS")?.value).toBe(`http://${head}:${port("dashboard")}`);
      expect(env.get("RAY_ADDRESS")?.value).toBe(`ray://${head}:${port("client")}`);
      expect(env.get("RAY_AUTH_MODE")?.value).toBe(spec.authOptions.mode);
      expect(env.get("RAY_AUTH_TOKEN")?.valueFrom).toEqual({
        secretKeyRef: { name: metadata.name, key: "auth_token" },
      });
      expect(env.get("BRIDGE_HOST")?.valueFrom).toEqual({ fieldRef: { fieldPath: "status.podIP" } });
      expect(deployment().spec.containers[0]?.ports).toContainEqual({
        name: "bridge",
        containerPort: Number(env.get("BRIDGE_PORT")?.value),
      });
      const storage = [...env.keys()].filter((name) => name.startsWith("AWS_"));
      expect(storage.length).toBeGreaterThan(0);
      for (const { group, template } of pods().slice(1)) {
        const container = template.spec.containers[0];
        expect(container?.envFrom, group).toEqual(deployment().spec.containers[0]?.envFrom);
        expect(container?.env, group).toEqual(storage.map((name) => expect.objectContaining({ name })));
      }
    });

    test("the network lets through what the parts need, and nothing else", () => {
      const inside = { "kubernetes.io/metadata.name": "pipeline-production" };
      const pod = (
        labels: Endpoint["labels"],
        ports: Endpoint["ports"],
        namespaceLabels: Endpoint["labels"] = inside,
      ) => ({
        labels,
        ports,
        namespaceLabels,
      });
      const ours = pod(deployment().metadata.labels, deployment().spec.containers[0]?.ports ?? []);
      const ray = new Map(
        pods().map(({ group, labels, template }) => [group, pod(labels, template.spec.containers[0]?.ports ?? [])]),
      );
      const dns = pod({}, [], { "kubernetes.io/metadata.name": "kube-system" });
      const prometheus = pod({}, [], { "kubernetes.io/metadata.name": "monitoring" });
      const stranger = pod({ app: "other" }, []);
      const world = pod({}, [], {});
      const named: { readonly [name: string]: Endpoint } = {
        ours,
        dns,
        prometheus,
        stranger,
        world,
        ...Object.fromEntries(ray),
      };
      const tried = [22, 53, 443, 6379, 6443, 8080, 8265, 8267, 9090, 10001, 20000];
      const mayConnect = connectionRule(production());
      const open = Object.entries(named).flatMap(([from, one]) =>
        Object.entries(named).flatMap(([to, other]) => {
          // Policies of other namespaces are not ours to try.
          const isOurs = [ours, ...ray.values()].some((end) => end === one || end === other);
          const found = tried.filter((port) => from !== to && isOurs && mayConnect(one, other, port));
          return found.length === 0
            ? []
            : [`${from} -> ${to}: ${found.length === tried.length ? "all" : found.join(" ")}`];
        }),
      );
      const everywhere = (from: string, ports: string) =>
        ["prometheus", "stranger", "world"].map((to) => `${from} -> ${to}: ${ports}`);
      expect(open.sort()).toEqual(
        [
          "ours -> headgroup: 8265 10001",
          ...["headgroup", "cpu", "gpu"].map((from) => `${from} -> ours: 8267`),
          ...[
            "headgroup -> cpu",
            "headgroup -> gpu",
            "cpu -> headgroup",
            "gpu -> headgroup",
            "cpu -> gpu",
            "gpu -> cpu",
          ].map((pair) => `${pair}: all`),
          ...["ours", "cpu", "gpu"].map((from) => `${from} -> dns: 53 443`),
          "headgroup -> dns: 53 443 6443",
          ...["ours", "cpu", "gpu"].flatMap((from) => everywhere(from, "443")),
          ...everywhere("headgroup", "443 6443"),
          "prometheus -> ours: 9090",
          ...["headgroup", "cpu", "gpu"].map((to) => `prometheus -> ${to}: 8080`),
          "stranger -> ours: 8080 9090",
        ].sort(),
      );
      for (const from of [ours, ...ray.values()]) expect(mayConnect(from, dns, 53, "UDP")).toBe(true);
    });
  },
);

function renderOverlayOnce() {
  let rendered: ReturnType<typeof renderOverlay> | undefined;
  return () => (rendered ??= renderOverlay("production"));
}
