import { neededDriver } from "./cuda-toolkit.ts";
import { type GpuFinding, gravestFirst } from "./finding.ts";
import { ncclFindings } from "./nccl-settings.ts";
import type { Gpu, MigDevice } from "./nvidia-smi.ts";
import type { GpuObservation } from "./observe-gpus.ts";
import { smiFailure } from "./smi-failure.ts";
import { type DeviceRequest, requestedDevices, visibleDevices } from "./visible-devices.ts";

/** What the observation means. */
export interface GpuDiagnosis {
  /** Indexes of the GPUs that a CUDA program started here can use. */
  readonly usableGpus: readonly number[];
  /** The variable that asks for GPUs, if one does. */
  readonly request: DeviceRequest | null;
  /** Gravest first. */
  readonly findings: readonly GpuFinding[];
}

const howToAsk =
  'Kubernetes: `resources: {limits: {nvidia.com/gpu: "1"}}` and a node of `kubectl get nodes -l accelerator=nvidia-gpu`. Docker: `--gpus all`.';

/** Pure: the same observation, the same diagnosis. */
export function diagnose(seen: GpuObservation): GpuDiagnosis {
  const { smi } = seen;
  const request = requestedDevices(seen.variables);
  const gpus = smi.outcome === "answered" ? smi.gpus : [];
  const migDevices = smi.outcome === "answered" ? smi.migDevices : [];
  const visible = visibleDevices(seen.variables.CUDA_VISIBLE_DEVICES, gpus, migDevices);
  const findings = [
    ...presenceFindings(seen, request),
    ...gpus.flatMap((gpu) => healthFindings(gpu, migDevices)),
    ...(gpus.length === 0 ? [] : [...selectionFindings(seen, gpus, visible.problem), ...driverFindings(seen, gpus)]),
    ...ncclFindings(seen.nccl, { ...seen, gpus: visible.gpus.length }),
  ];
  const broken = findings.some(({ code }) => code === "driver-too-old" || code === "driver-capabilities");
  return {
    usableGpus: broken
      ? []
      : visible.gpus.filter((index) => gpus.some((gpu) => gpu.index === index && canCompute(gpu, migDevices))),
    request,
    findings: gravestFirst(findings),
  };
}

function canCompute(gpu: Gpu, migDevices: readonly MigDevice[]): boolean {
  return gpu.computeMode !== "Prohibited" && !lacksInstances(gpu, migDevices);
}

function lacksInstances(gpu: Gpu, migDevices: readonly MigDevice[]): boolean {
  return gpu.hasMig === true && !migDevices.some((device) => device.gpu === gpu.index);
}

/** Why there is no GPU to speak of. */
function presenceFindings(seen: GpuObservation, request: DeviceRequest | null): readonly GpuFinding[] {
  const { smi, deviceFiles, pciDevices, isContainer, kernelDriver } = seen;
  if (smi.outcome === "answered") {
    if (smi.complaint === null) return [];
    const failure = smiFailure(smi.complaint);
    return [{ level: failure.code === "gpu-lost" ? "error" : "warning", ...failure, message: smi.complaint }];
  }
  // A container sees bus and module of its node, so there only device files tell that it was given a GPU.
  const isExpected = request !== null || deviceFiles.length > 0 || (!isContainer && pciDevices > 0);
  const level = isExpected ? "error" : "warning";
  if (smi.outcome === "timed-out") {
    const message = `nvidia-smi did not answer within ${smi.seconds} s`;
    const remedy =
      "The driver hangs, or wakes many GPUs: `dmesg | grep -i xid` on the node, and `nvidia-smi -pm 1` (persistence mode).";
    return [{ level, code: "nvidia-smi-timed-out", message, remedy }];
  }
  if (smi.outcome === "failed") {
    const exit = smi.code === null ? "" : ` (exit code ${smi.code})`;
    const { code, remedy } = smiFailure(smi.message);
    return [{ level, code, message: `nvidia-smi failed${exit}: ${smi.message || "it printed nothing"}`, remedy }];
  }
  if (deviceFiles.length > 0)
    return [
      {
        level: "warning",
        code: "nvidia-smi-missing",
        message: `${deviceFiles.join(", ")} is there, but no nvidia-smi to ask about it`,
        remedy: isContainer
          ? "Add `utility` to NVIDIA_DRIVER_CAPABILITIES (`compute,utility`) and start the container anew."
          : "Install the driver's utilities (nvidia-utils).",
      },
    ];
  if (request !== null)
    return [
      {
        level: "error",
        code: "gpu-absent",
        message: `${request.name}=${request.value} asks for GPUs, but there is no nvidia-smi and no /dev/nvidia*`,
        remedy: isContainer ? howToAsk : "Install the NVIDIA driver, or unset the variable.",
      },
    ];
  if (!isContainer && pciDevices > 0)
    return [
      {
        level: "error",
        code: "driver-not-running",
        message: `${pciDevices} NVIDIA device${pciDevices === 1 ? " is" : "s are"} on the PCI bus, but ${kernelDriver === null ? "no driver is loaded" : "there is no /dev/nvidia*"} and there is no nvidia-smi`,
        remedy: "Install the NVIDIA driver.",
      },
    ];
  return notGivenFindings(seen);
}

/** Where nothing asks for a GPU: harmless unless one was meant to be there. */
function notGivenFindings(seen: GpuObservation): readonly GpuFinding[] {
  const visible = seen.variables.NVIDIA_VISIBLE_DEVICES;
  const isRefused = visible === "void" || visible === "none";
  if (!seen.isContainer || (!isRefused && seen.kernelDriver === null && seen.pciDevices === 0))
    return [
      {
        level: "note",
        code: "gpu-not-given",
        message: "Nothing is wrong: no GPU was found, and nothing asks for one",
        remedy: `To use one: ${seen.isContainer ? howToAsk : "install the NVIDIA driver on a machine that has a GPU."}`,
      },
    ];
  const message = isRefused
    ? `NVIDIA_VISIBLE_DEVICES=${visible}: this container was given no GPU`
    : "The node has NVIDIA devices, but this container was given none";
  return [{ level: isRefused ? "warning" : "note", code: "gpu-not-given", message, remedy: howToAsk }];
}

function healthFindings(gpu: Gpu, migDevices: readonly MigDevice[]): readonly GpuFinding[] {
  const found: GpuFinding[] = [];
  const add = (level: GpuFinding["level"], code: GpuFinding["code"], message: string, remedy: string) =>
    found.push({ level, code, message: `GPU ${gpu.index} ${message}`, remedy });
  if ((gpu.uncorrectedEccErrors ?? 0) > 0)
    add(
      "error",
      "ecc-errors",
      `had ${gpu.uncorrectedEccErrors} uncorrected ECC errors since the driver was loaded`,
      `Drain the node, then \`nvidia-smi -r -i ${gpu.index}\`; replace the card when they come back.`,
    );
  if (gpu.hasPendingRepair === true)
    add(
      "warning",
      "repair-pending",
      "has memory to be replaced at its next reset",
      `Drain the node, then \`nvidia-smi -r -i ${gpu.index}\`, or reboot.`,
    );
  if (lacksInstances(gpu, migDevices))
    add(
      "error",
      "mig-without-instances",
      "is in MIG mode without an instance: CUDA sees no device",
      `\`nvidia-smi mig -cgi <profile> -C -i ${gpu.index}\` makes one; \`nvidia-smi -mig 0 -i ${gpu.index}\` leaves MIG mode.`,
    );
  if (gpu.computeMode === "Prohibited")
    add("error", "compute-prohibited", "refuses all CUDA work", `\`nvidia-smi -c DEFAULT -i ${gpu.index}\``);
  if (gpu.memoryBytes !== null && (gpu.memoryUsedBytes ?? 0) > 0.95 * gpu.memoryBytes)
    add(
      "warning",
      "memory-full",
      "has less than 5 % of its memory free",
      "`nvidia-smi --query-compute-apps=pid,name,used_memory --format=csv` names who holds it (pids of the node).",
    );
  if (gpu.hasPersistence === false)
    add(
      "note",
      "persistence-off",
      "is not in persistence mode: the first use of it takes seconds",
      "On the node: `nvidia-smi -pm 1`, or run nvidia-persistenced.",
    );
  return found;
}

function selectionFindings(seen: GpuObservation, gpus: readonly Gpu[], problem: string | null): readonly GpuFinding[] {
  const { CUDA_VISIBLE_DEVICES: value, CUDA_DEVICE_ORDER: order } = seen.variables;
  if (problem !== null)
    return [
      {
        level: "error",
        code: "cuda-visible-devices",
        message: `CUDA_VISIBLE_DEVICES=${value} ${problem}; there are GPUs ${gpus.map(({ index }) => index).join(", ")}`,
        remedy: `Unset it, or set CUDA_VISIBLE_DEVICES=${gpus.map(({ index }) => index).join(",")}. Ray sets it for its own workers.`,
      },
    ];
  const isByNumber = value !== undefined && /^\d/.test(value);
  if (!isByNumber || order === "PCI_BUS_ID" || new Set(gpus.map(({ name }) => name)).size < 2) return [];
  return [
    {
      level: "warning",
      code: "cuda-device-order",
      message:
        "CUDA numbers unequal GPUs by speed, nvidia-smi by bus: CUDA_VISIBLE_DEVICES may mean others than it seems",
      remedy: "Set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name the devices by UUID.",
    },
  ];
}

function driverFindings(seen: GpuObservation, gpus: readonly Gpu[]): readonly GpuFinding[] {
  const found: GpuFinding[] = [];
  const driver = gpus[0]?.driverVersion ?? null;
  const { toolkit } = seen;
  const needed = toolkit === null || driver === null ? undefined : neededDriver(toolkit.version, driver);
  if (toolkit !== null && needed !== undefined && !toolkit.hasForwardCompatibility)
    found.push({
      level: "error",
      code: "driver-too-old",
      message: `CUDA ${toolkit.version} (${toolkit.from}) needs driver ${needed} or newer, this is ${driver}`,
      remedy: "Update the driver of the node, or use an image with an older CUDA.",
    });
  const capabilities = seen.variables.NVIDIA_DRIVER_CAPABILITIES?.split(",").map((one) => one.trim());
  if (seen.isContainer && capabilities !== undefined && !["all", "compute"].some((one) => capabilities.includes(one)))
    found.push({
      level: "error",
      code: "driver-capabilities",
      message: `NVIDIA_DRIVER_CAPABILITIES=${capabilities.join(",")} leaves out \`compute\`: the container has no libcuda`,
      remedy: "Set NVIDIA_DRIVER_CAPABILITIES=compute,utility and start the container anew.",
    });
  return found;
}
