import { formatBytes } from "../contract/units.ts";
import type { GpuFinding } from "./finding.ts";

/** A setting of NCCL, and who says so: the environment goes before files. */
export interface NcclSetting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

/** What NCCL would find on this machine. */
export interface NcclSurroundings {
  readonly gpus: number;
  readonly interfaces: readonly string[];
  readonly infinibandAdapters: readonly string[];
  /** Size of /dev/shm; null where there is none. */
  readonly sharedMemoryBytes: number | null;
}

const disabling: { readonly [name: string]: string } = {
  NCCL_P2P_DISABLE: "GPUs of this machine copy through host memory instead of NVLink or PCIe",
  NCCL_SHM_DISABLE: "GPUs of this machine that cannot reach each other use the network stack",
  NCCL_IB_DISABLE: "machines talk by IP sockets instead of InfiniBand or RoCE",
};
const debugLevels = ["VERSION", "WARN", "INFO", "ABORT", "TRACE", "NONE"];
const recommendedSharedMemory = 2 ** 30;
/** The default of containers is 64 MiB, which a few channels fill. */
const tooSmallSharedMemory = 2 ** 28;

/** Lines `NAME=value` of /etc/nccl.conf and its like; `#` begins a comment. */
export function parseNcclFile(text: string, file: string): readonly NcclSetting[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*(NCCL_\w+)\s*=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, value: value.trim(), from: file }];
  });
}

/** The settings in force: of files in order of precedence, those that the environment does not set itself. */
export function ncclSettings(
  environment: { readonly [name: string]: string | undefined },
  files: readonly (readonly NcclSetting[])[],
): readonly NcclSetting[] {
  const settings = new Map<string, NcclSetting>();
  for (const setting of files.toReversed().flat()) settings.set(setting.name, setting);
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith("NCCL_") && value !== undefined) settings.set(name, { name, value, from: "environment" });
  }
  return [...settings.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Names that a list of NCCL_SOCKET_IFNAME or NCCL_IB_HCA leaves: beginnings of names, whole names behind `=`, all
 * but those behind `^`. Ports behind `:` are not looked at.
 */
export function matchingNames(list: string, names: readonly string[]): readonly string[] {
  const isExcluding = list.startsWith("^");
  const rest = isExcluding ? list.slice(1) : list;
  const isExact = rest.startsWith("=");
  const entries = (isExact ? rest.slice(1) : rest).split(",").map((entry) => entry.trim().split(":")[0] ?? "");
  const isNamed = (name: string) =>
    entries.some((entry) => entry !== "" && (isExact ? name === entry : name.startsWith(entry)));
  return names.filter((name) => isNamed(name) !== isExcluding);
}

/** The common mistakes. Nothing here is an error on a machine without GPUs. */
export function ncclFindings(settings: readonly NcclSetting[], here: NcclSurroundings): readonly GpuFinding[] {
  const found = settings.flatMap((setting) => [
    ...nameListFinding(setting, here),
    ...disablingFinding(setting, here),
    ...debugFinding(setting),
  ]);
  const all = [...found, ...sharedMemoryFinding(here)];
  return here.gpus > 0 ? all : all.map((one) => (one.level === "error" ? { ...one, level: "warning" } : one));
}

function nameListFinding({ name, value, from }: NcclSetting, here: NcclSurroundings): readonly GpuFinding[] {
  if (value === "") return [];
  if (name === "NCCL_SOCKET_IFNAME") {
    const matching = matchingNames(value, here.interfaces);
    if (matching.some((one) => one !== "lo")) return [];
    const what = matching.length === 0 ? "matches no interface" : "matches the loopback interface alone";
    return [
      {
        level: "error",
        code: "nccl-socket-interface",
        message: `${name}=${value} (${from}) ${what}; there are ${here.interfaces.join(", ") || "none"}`,
        remedy: `Name one that is there, such as NCCL_SOCKET_IFNAME==${here.interfaces.find((one) => one !== "lo") ?? "eth0"}, or unset it: NCCL chooses by itself.`,
      },
    ];
  }
  if (name !== "NCCL_IB_HCA" || matchingNames(value, here.infinibandAdapters).length > 0) return [];
  return [
    {
      level: "error",
      code: "nccl-infiniband-adapter",
      message: `${name}=${value} (${from}) matches no adapter; there are ${here.infinibandAdapters.join(", ") || "none"}`,
      remedy: "Name one of /sys/class/infiniband, or unset it. In a pod the adapter must be requested as a resource.",
    },
  ];
}

function disablingFinding({ name, value, from }: NcclSetting, here: NcclSurroundings): readonly GpuFinding[] {
  const effect = disabling[name];
  if (effect === undefined || value === "0" || value === "") return [];
  if (!/^\d+$/.test(value))
    return [
      {
        level: "warning",
        code: "nccl-setting-invalid",
        message: `${name}=${value} (${from}): expected 0 or 1; NCCL does not take it for 1`,
        remedy: `Set ${name}=1 or unset it.`,
      },
    ];
  const isWithoutEffect = name === "NCCL_IB_DISABLE" && here.infinibandAdapters.length === 0;
  return [
    {
      level: isWithoutEffect ? "note" : "warning",
      code: "nccl-transport-disabled",
      message: isWithoutEffect
        ? `${name}=${value} (${from}) changes nothing: there is no InfiniBand adapter`
        : `${name}=${value} (${from}): ${effect}, several times slower`,
      remedy: `Unset ${name} unless a driver bug needs it; \`nvidia-smi topo -m\` shows how the devices are connected.`,
    },
  ];
}

function debugFinding({ name, value, from }: NcclSetting): readonly GpuFinding[] {
  if (name !== "NCCL_DEBUG" || value === "") return [];
  const level = value.toUpperCase();
  if (!debugLevels.includes(level))
    return [
      {
        level: "warning",
        code: "nccl-setting-invalid",
        message: `NCCL_DEBUG=${value} (${from}): expected VERSION, WARN, INFO or TRACE`,
        remedy: "Set NCCL_DEBUG=WARN, or INFO to look for the cause of an error.",
      },
    ];
  if (level !== "INFO" && level !== "TRACE") return [];
  return [
    {
      level: "note",
      code: "nccl-debug",
      message: `NCCL_DEBUG=${value} (${from}): every communicator writes many lines`,
      remedy: "Set NCCL_DEBUG=WARN once the cause is found.",
    },
  ];
}

function sharedMemoryFinding({ gpus, sharedMemoryBytes }: NcclSurroundings): readonly GpuFinding[] {
  if (gpus < 2 || sharedMemoryBytes === null || sharedMemoryBytes >= recommendedSharedMemory) return [];
  return [
    {
      level: sharedMemoryBytes < tooSmallSharedMemory ? "error" : "warning",
      code: "shared-memory-small",
      message: `/dev/shm has ${formatBytes(sharedMemoryBytes)}; NCCL between ${gpus} GPUs wants ${formatBytes(recommendedSharedMemory)} at least`,
      remedy: "Kubernetes: mount an emptyDir with `medium: Memory` at /dev/shm. Docker: `--shm-size=1g`.",
    },
  ];
}
