/** Something about the GPUs or their settings that a person should know. */
export interface GpuFinding {
  /** `error`: GPUs that are there or asked for cannot be used as they should. `note`: nothing is wrong. */
  readonly level: "error" | "warning" | "note";
  /** Stable, for programs. */
  readonly code: GpuFindingCode;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** docs/operations/gpu.md says of each what fixes it. */
export const gpuFindingCodes = [
  "gpu-absent",
  "gpu-not-given",
  "nvidia-smi-missing",
  "nvidia-smi-failed",
  "nvidia-smi-timed-out",
  "driver-not-running",
  "driver-mismatch",
  "driver-too-old",
  "driver-capabilities",
  "gpu-lost",
  "ecc-errors",
  "repair-pending",
  "persistence-off",
  "mig-without-instances",
  "compute-prohibited",
  "memory-full",
  "cuda-visible-devices",
  "cuda-device-order",
  "nccl-socket-interface",
  "nccl-infiniband-adapter",
  "nccl-transport-disabled",
  "nccl-setting-invalid",
  "nccl-debug",
  "shared-memory-small",
  "provider-not-usable",
] as const;

export type GpuFindingCode = (typeof gpuFindingCodes)[number];

const gravity = { error: 0, warning: 1, note: 2 } as const;

/** The findings by level; those of one level keep their order. */
export function gravestFirst(findings: readonly GpuFinding[]): readonly GpuFinding[] {
  return findings.toSorted((a, b) => gravity[a.level] - gravity[b.level]);
}
