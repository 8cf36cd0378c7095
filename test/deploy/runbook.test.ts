import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  deploymentSchema,
  missingKubectl,
  only,
  type Rendered,
  renderOverlay,
  renderWith,
  serviceSchema,
} from "./manifests.ts";
import { rayClusterOf } from "./ray-cluster.ts";

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
const page = read("docs/operations/runbook.md");
const dockerfile = read("deploy/Dockerfile");
const rows = [...page.matchAll(/^\| `(.+?)` \| (.+?) \| ([a-z, ]+) \|$/gm)].map(
  ([, command = "", answers = "", tried = ""]) => ({
    command: command.replaceAll("\\|", "|"),
    answers,
    tried: tried.split(", "),
  }),
);

const kinds: { readonly [word: string]: string } = {
  hpa: "HorizontalPodAutoscaler",
  resourcequota: "ResourceQuota",
  configmap: "ConfigMap",
  deployment: "Deployment",
  service: "Service",
};

/** Holds the Python that a command runs to what the image installs, and where the pod says Ray is. */
function checkPython(command: string, environment: readonly string[]): void {
  const [, name = ""] = /python -c "import (ray|torch); /.exec(command) ?? [];
  if (name === "") return;
  expect(read(`python/${name}-requirements.txt`), command).toMatch(new RegExp(`^${name}\\S*==`));
  expect(dockerfile, command).toContain(`/opt/requirements/${name}-requirements.txt`);
  if (name === "torch") return;
  expect(environment, command).toContain("RAY_ADDRESS");
  expect(dockerfile, command).toContain(" PIPELINE_RAY_ONE_LINERS=1");
}

/** Holds what a command names to the manifests. */
function checkNames(command: string, rendered: Rendered): void {
  const has = (kind: string, name?: string) =>
    expect(
      rendered.objects.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name)).length,
      command,
    ).toBeGreaterThan(0);
  const namespace = /-n (\S+)/.exec(command)?.[1];
  if (namespace !== undefined) has("Namespace", namespace);
  const head = rayClusterOf(rendered).spec.headGroupSpec;
  // KubeRay makes the head's service, of the name that the cluster gives and the ports of its container.
  for (const [, kind = "", name = ""] of command.matchAll(/\b(deployment|service)\/([a-z-]+)/g))
    if (name !== head.headService.metadata.name) has(kinds[kind] ?? kind, name);
    else
      expect(head.template.spec.containers[0]?.ports.map(({ containerPort }) => String(containerPort))).toContain(
        / (\d+):\d+$/.exec(command)?.[1],
      );
  const [, word = "", name] = /kubectl (?:get|describe|scale) ([a-z]+)(?: ([a-z][a-z-]+))?/.exec(command) ?? [];
  const kind = kinds[word];
  if (kind !== undefined) has(kind, name);
  const deployment = deploymentSchema.parse(only(rendered, "Deployment")).spec.template;
  const [, label, value] = / -l ([a-z]+)=(\S+)/.exec(command) ?? [];
  if (label === "app") expect(deployment.metadata.labels).toMatchObject({ [label]: value });
  const [, container] = /set image \S+ (\S+?)=/.exec(command) ?? [];
  if (container !== undefined) expect(deployment.spec.containers.map((one) => one.name)).toContain(container);
  const [, host, port] = /http:\/\/([a-z-]+):(\d+)/.exec(command) ?? [];
  if (host !== undefined)
    expect(serviceSchema.parse(only(rendered, "Service", host)).spec.ports.map((one) => String(one.port))).toContain(
      port,
    );
  checkPython(command, deployment.spec.containers[0]?.env.map((one) => one.name) ?? []);
  const [, secret] = /get secret ([a-z][a-z-]+)/.exec(command) ?? [];
  if (secret !== undefined)
    expect(deployment.spec.containers[0]?.envFrom.map(({ secretRef }) => secretRef.name)).toContain(secret);
}

test("the table has every kind of row, and says of each how it was tried", () => {
  expect(rows.length).toBe(page.split("\n").filter((line) => line.startsWith("| `")).length);
  expect(rows.length).toBeGreaterThan(30);
  const words = new Set(rows.flatMap(({ tried }) => tried));
  expect([...words].sort()).toEqual(["no", "rendered", "run"]);
  for (const { command, answers, tried } of rows) {
    expect(answers.length, command).toBeGreaterThan(5);
    if (tried.includes("no")) expect(tried).toEqual(["no"]);
  }
});

describe.skipIf(missingKubectl !== undefined)(`runbook${missingKubectl ? ` (${missingKubectl})` : ""}`, () => {
  test("what a command names is in the manifests", () => {
    const rendered = renderOverlay("production");
    for (const { command, tried } of rows) if (tried.includes("rendered")) checkNames(command, rendered);
    const gpu = deploymentSchema.parse(only(renderWith("gpu"), "Deployment")).spec.template.spec.nodeSelector;
    const group = rayClusterOf(rendered).spec.workerGroupSpecs.find(({ groupName }) => groupName === "gpu");
    for (const { command } of rows)
      for (const [, label = "", value] of command.matchAll(/get nodes -l ([a-z]+)=(\S+)/g)) {
        expect(gpu?.[label]).toBe(value);
        expect(group?.template.spec.nodeSelector?.[label]).toBe(value);
      }
  });
});
