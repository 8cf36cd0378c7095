import { formatBytes } from "../contract/units.ts";
import type { GpuDiagnosis } from "../gpu/diagnose.ts";
import type { GpuFinding } from "../gpu/finding.ts";
import type { InferenceRuntime } from "../gpu/inference-runtime.ts";
import type { Gpu, MigDevice } from "../gpu/nvidia-smi.ts";
import type { GpuObservation } from "../gpu/observe-gpus.ts";
import { formatCount, formatPercent, plural } from "../telemetry/format-quantity.ts";
import { fitText, type Paint, type Style } from "../telemetry/paint.ts";
import { type Cell, type Column, tableLines } from "../telemetry/text-table.ts";
import { wrapText } from "../telemetry/wrap-text.ts";

interface GpuReport extends GpuDiagnosis {
  readonly seen: GpuObservation;
  readonly inference: InferenceRuntime | null;
}

const levelStyles: { readonly [Level in GpuFinding["level"]]: Style } = {
  error: "red",
  warning: "yellow",
  note: "cyan",
};
const labelWidth = 14;

const columns: readonly Column[] = [
  { title: "gpu", align: "right" },
  { title: "name", isFlexible: true },
  { title: "memory", align: "right" },
  { title: "busy", align: "right" },
  { title: "temp", align: "right" },
  { title: "MIG" },
  { title: "persist" },
  { title: "ECC", align: "right" },
  { title: "" },
];

/** The report for a terminal: verdict, GPUs, what else was looked at, and what to do. */
export function gpuLines(report: GpuReport, width: number, paint: Paint): readonly string[] {
  const { seen, findings, usableGpus } = report;
  const fact = ([label, value]: readonly [string, string]) =>
    `${paint("dim", label.padEnd(labelWidth))}  ${fitText(value, Math.max(20, width - labelWidth - 2))}`;
  const lines = [verdict(report, paint), ""];
  if (seen.smi.outcome === "answered") {
    const { gpus, migDevices } = seen.smi;
    const rows = gpus.map((gpu) => gpuRow(gpu, usableGpus, migDevices));
    lines.push(...tableLines(columns, rows, { width, paint }), "");
  }
  lines.push(...[...deviceFacts(seen), ...softwareFacts(report)].map(fact));
  if (findings.length > 0) lines.push("", ...findings.flatMap((finding) => findingLines(finding, width, paint)));
  return lines;
}

function verdict({ seen, usableGpus, request, findings }: GpuReport, paint: Paint): string {
  const total = seen.smi.outcome === "answered" ? seen.smi.gpus.length : 0;
  if (usableGpus.length > 0) {
    const count =
      usableGpus.length === total ? plural(total, "GPU") : `${usableGpus.length} of ${plural(total, "GPU")}`;
    return [paint("green", `${count} usable`), ...counts(findings, paint)].join(", ");
  }
  if (findings.some(({ level }) => level === "error")) return paint("red", "no GPU is usable");
  if (total === 0 && seen.deviceFiles.length > 0)
    return paint("yellow", "there are GPUs, but nothing tells about them");
  if (total > 0) return paint("bold", `${plural(total, "GPU")}, hidden on purpose: every step runs on the CPU`);
  return paint("bold", request === null ? "no GPU, and none is asked for: every step runs on the CPU" : "no GPU");
}

function counts(findings: readonly GpuFinding[], paint: Paint): readonly string[] {
  return (["error", "warning"] as const).flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return count === 0 ? [] : [paint(levelStyles[level], plural(count, level))];
  });
}

function gpuRow(gpu: Gpu, usable: readonly number[], migDevices: readonly MigDevice[]): readonly Cell[] {
  const instances = migDevices.filter((device) => device.gpu === gpu.index).length;
  const errors = gpu.uncorrectedEccErrors;
  const isUsable = usable.includes(gpu.index);
  return [
    { text: String(gpu.index), style: "bold" },
    { text: gpu.name },
    { text: memoryText(gpu) },
    { text: gpu.utilization === null ? "-" : formatPercent(gpu.utilization) },
    { text: gpu.temperatureCelsius === null ? "-" : `${gpu.temperatureCelsius} °C` },
    { text: gpu.hasMig === true ? `on, ${instances}` : onOff(gpu.hasMig) },
    { text: onOff(gpu.hasPersistence) },
    {
      text: gpu.hasEcc === false ? "off" : errors === null ? "-" : formatCount(errors),
      ...((errors ?? 0) > 0 ? { style: "red" as const } : {}),
    },
    { text: isUsable ? "usable" : "unusable", style: isUsable ? "green" : "red" },
  ];
}

function memoryText({ memoryBytes, memoryUsedBytes }: Gpu): string {
  if (memoryBytes === null) return memoryUsedBytes === null ? "shared" : `${formatBytes(memoryUsedBytes)} used`;
  return `${memoryUsedBytes === null ? "?" : formatBytes(memoryUsedBytes)} / ${formatBytes(memoryBytes)}`;
}

function onOff(value: boolean | null): string {
  return value === null ? "-" : value ? "on" : "off";
}

function deviceFacts(seen: GpuObservation): readonly (readonly [string, string])[] {
  const { smi } = seen;
  const first = smi.outcome === "answered" ? smi.gpus[0] : undefined;
  const outcomes = {
    answered: "answered",
    missing: "not on PATH",
    failed: "failed",
    "timed-out": "did not answer",
  } as const;
  const driver = first?.driverVersion ?? seen.kernelDriver;
  const cuda = smi.outcome === "answered" && smi.cudaVersion !== null ? `, runs CUDA up to ${smi.cudaVersion}` : "";
  return [
    ["nvidia-smi", outcomes[smi.outcome]],
    ["driver", driver === null ? "not loaded (/proc/driver/nvidia/version)" : `${driver}${cuda}`],
    ["device files", seen.deviceFiles.join(", ") || "no /dev/nvidia*"],
    ["PCI bus", seen.pciDevices === 0 ? "no NVIDIA device" : plural(seen.pciDevices, "NVIDIA device")],
    ["container", seen.isContainer ? "yes" : "no"],
  ];
}

function softwareFacts({ seen, inference }: GpuReport): readonly (readonly [string, string])[] {
  const variables = Object.entries(seen.variables).map(([name, value]): [string, string] => [name, value]);
  const settings = [...variables, ...seen.nccl.map(({ name, value }): [string, string] => [name, value])];
  const shown = settings.map(([name, value]) => `${name}=${value}`).join(" ");
  const shared = seen.sharedMemoryBytes === null ? "none" : formatBytes(seen.sharedMemoryBytes);
  return [
    ["CUDA toolkit", seen.toolkit === null ? "none" : `${seen.toolkit.version} (${seen.toolkit.from})`],
    [
      "inference",
      inference === null ? "no inference runtime is installed: no step computes on a GPU" : runtimeText(inference),
    ],
    ...(inference?.providers ?? []).map(({ name, isUsable, reason }): [string, string] => [
      "",
      `${name}: ${isUsable ? "usable" : "not usable"}, ${reason}`,
    ]),
    ["variables", shown === "" ? "none of CUDA, NVIDIA or NCCL is set" : shown],
    [
      "network",
      `${seen.interfaces.join(", ") || "no interface"}; InfiniBand: ${seen.infinibandAdapters.join(", ") || "none"}`,
    ],
    ["/dev/shm", shared],
  ];
}

function runtimeText({ name, version, providers }: InferenceRuntime): string {
  return `${name} ${version} would use ${providers.find(({ isUsable }) => isUsable)?.name ?? "nothing"}`;
}

function findingLines({ level, message, remedy }: GpuFinding, width: number, paint: Paint): readonly string[] {
  const indent = 9;
  const room = Math.max(20, width - indent);
  const [first = "", ...rest] = wrapText(fitText(message, Number.MAX_SAFE_INTEGER), room);
  return [
    `${paint(levelStyles[level], level.padEnd(indent))}${first}`,
    ...rest.map((line) => " ".repeat(indent) + line),
    ...wrapText(remedy, room).map((line) => " ".repeat(indent) + paint("dim", line)),
  ];
}
