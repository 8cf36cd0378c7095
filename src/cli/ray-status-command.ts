import process from "node:process";
import { formatBytes } from "../contract/units.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import type { ClusterReport } from "../executors/ray/describe-cluster.ts";
import type { RayCluster } from "../executors/ray-address.ts";
import { PipelineError } from "../model/errors.ts";
import { packageVersion } from "../model/package-version.ts";
import { plural } from "../telemetry/format-quantity.ts";
import { type Paint, paintFor } from "../telemetry/paint.ts";
import { type Column, tableLines } from "../telemetry/text-table.ts";
import { exitCodes } from "./exit-code.ts";
import { terminal } from "./terminal.ts";

const columns: readonly Column[] = [
  { title: "node" },
  { title: "address" },
  { title: "CPUs", align: "right" },
  { title: "GPUs", align: "right" },
  { title: "memory", align: "right" },
  { title: "labels", isFlexible: true },
];

/** `pipeline ray status`: what a run would find in the cluster. Exit code 1 when something in it will not go well. */
export async function rayStatusCommand(choice: ExecutorChoice, options: { readonly json?: true }): Promise<number> {
  if (choice.kind === "local") {
    throw new PipelineError(
      "INVALID_OPTION",
      "no Ray cluster was named: give --ray-address, RAY_API_SERVER_ADDRESS or RAY_ADDRESS",
    );
  }
  const { describeCluster } = await import("../executors/ray/describe-cluster.ts");
  const report = await describeCluster(choice.cluster);
  if (options.json === true) terminal.printJson({ version: packageVersion(), ...report });
  else terminal.print(...reportLines(report, choice.cluster, paintFor(process.stdout)));
  return report.warnings.length === 0 ? exitCodes.done : exitCodes.failed;
}

function reportLines(report: ClusterReport, { address, from }: RayCluster, paint: Paint): readonly string[] {
  const { ray, python, seconds, nodes, warnings } = report;
  const where = address.by === "job" ? `${address.url}, as a job` : `${address.address}, as a child of this process`;
  const head = [
    `Ray ${ray}, Python ${python}; multimodal-pipeline ${packageVersion()}`,
    `joined in ${seconds.toFixed(1)} s at ${where} (${from})`,
    "",
  ];
  const rows = nodes.map(({ machine, address: at, cpus, gpus, memoryBytes, labels }) => {
    const labelText = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    const texts = [machine, at, String(cpus), String(gpus), formatBytes(memoryBytes), labelText.join(" ")];
    return texts.map((text) => ({ text }));
  });
  const width = Math.min(process.stdout.columns ?? 100, 120);
  return [
    ...head,
    ...tableLines(columns, rows, { width, paint }),
    "",
    `in use: ${useText(report, "CPU", "CPUs")}, ${useText(report, "GPU", "GPUs")}`,
    ...workerLines(report.actors),
    ...warnings.map((warning) => paint("yellow", `warning: ${warning}`)),
  ];
}

function useText({ total, available }: ClusterReport, resource: string, noun: string): string {
  const all = total[resource] ?? 0;
  const used = Math.round((all - (available[resource] ?? 0)) * 100) / 100;
  return `${used} of ${all} ${noun}`;
}

/** Names are `mmp-<plan>-<coordinator>-<stage>-<number>`: one line for those that differ in the number alone. */
function workerLines(actors: readonly string[]): readonly string[] {
  if (actors.length === 0) return ["workers: none"];
  const pools = new Map<string, number>();
  for (const name of actors) {
    const pool = name.replace(/-\d+$/, "");
    pools.set(pool, (pools.get(pool) ?? 0) + 1);
  }
  return [`workers: ${actors.length}`, ...[...pools].map(([pool, count]) => `  ${pool}  ${plural(count, "worker")}`)];
}
