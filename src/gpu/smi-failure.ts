import type { GpuFindingCode } from "./finding.ts";

interface SmiFailure {
  readonly code: GpuFindingCode;
  readonly remedy: string;
}

const known: readonly (SmiFailure & { readonly pattern: RegExp })[] = [
  {
    pattern: /couldn't communicate with the NVIDIA driver/i,
    code: "driver-not-running",
    remedy:
      "The kernel module is not loaded: `lsmod | grep nvidia`, `dmesg | grep -i nvrm`; after a kernel update install the driver again, or `modprobe nvidia`. In a pod: look at the GPU operator's driver pod on this node.",
  },
  {
    pattern: /driver\/library version mismatch/i,
    code: "driver-mismatch",
    remedy: "The driver was updated while its old module stays loaded: drain the node and reboot it.",
  },
  {
    pattern: /GPU is lost|fallen off the bus|Unable to determine the device handle/i,
    code: "gpu-lost",
    remedy:
      "Drain the node; `dmesg | grep -i xid` names the fault (Xid 79: fallen off the bus). Reboot; replace the card when it comes back.",
  },
  {
    pattern: /No devices were found/i,
    code: "gpu-absent",
    remedy:
      "The driver runs but has no GPU: look at `dmesg | grep -i nvrm` on the node; in a pod, at the device plugin.",
  },
  {
    pattern: /Failed to initialize NVML: Unknown Error/i,
    code: "nvidia-smi-failed",
    remedy:
      "A container loses its devices when the node reloads its cgroups (`systemctl daemon-reload`): delete the pod; on the node, let the container runtime and kubelet both use the systemd cgroup driver.",
  },
  {
    pattern: /Insufficient Permissions/i,
    code: "nvidia-smi-failed",
    remedy:
      "This user may not open /dev/nvidiactl and /dev/nvidia0: check the groups of the user and the pod's securityContext.",
  },
];

/** What a failure of `nvidia-smi` means. */
export function smiFailure(message: string): SmiFailure {
  const { code, remedy } = known.find(({ pattern }) => pattern.test(message)) ?? {
    code: "nvidia-smi-failed" as const,
    remedy: "Run `nvidia-smi` by hand; `dmesg | grep -i -e nvrm -e xid` on the node says more.",
  };
  return { code, remedy };
}
