import { existsSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { askNvidiaSmi, type SmiAnswer } from "./ask-nvidia-smi.ts";
import { type CudaToolkit, kernelDriverVersion, toolkitVersion } from "./cuda-toolkit.ts";
import { type NcclSetting, ncclSettings, parseNcclFile } from "./nccl-settings.ts";

type Environment = { readonly [name: string]: string | undefined };

/** Everything that was looked at. What is not there is null or empty. */
export interface GpuObservation {
  readonly smi: SmiAnswer;
  /** Of the loaded kernel module. A container sees the module of its node. */
  readonly kernelDriver: string | null;
  /** `/dev/nvidia0` and its like, and `/dev/dxg` of WSL. */
  readonly deviceFiles: readonly string[];
  /** NVIDIA display and compute devices on the PCI bus. A container sees those of its node. */
  readonly pciDevices: number;
  readonly isContainer: boolean;
  readonly toolkit: CudaToolkit | null;
  /** CUDA_VISIBLE_DEVICES and those variables of NVIDIA's that are set. */
  readonly variables: { readonly [name: string]: string };
  readonly nccl: readonly NcclSetting[];
  readonly interfaces: readonly string[];
  readonly infinibandAdapters: readonly string[];
  readonly sharedMemoryBytes: number | null;
}

const deviceVariables = [
  "CUDA_VISIBLE_DEVICES",
  "CUDA_DEVICE_ORDER",
  "NVIDIA_VISIBLE_DEVICES",
  "NVIDIA_DRIVER_CAPABILITIES",
];

/** Looks at this machine: reads small files, and asks `nvidia-smi` where there is one. Changes nothing. */
export async function observeGpus(environment: Environment): Promise<GpuObservation> {
  return {
    smi: await askNvidiaSmi(),
    kernelDriver: kernelDriverVersion(textOf("/proc/driver/nvidia/version") ?? ""),
    deviceFiles: namesIn("/dev")
      .filter((name) => /^(nvidia\d+|dxg)$/.test(name))
      .map((name) => `/dev/${name}`),
    pciDevices: namesIn("/sys/bus/pci/devices").filter(isNvidiaDevice).length,
    isContainer:
      existsSync("/.dockerenv") ||
      existsSync("/run/.containerenv") ||
      environment.KUBERNETES_SERVICE_HOST !== undefined,
    toolkit: findToolkit(environment),
    variables: Object.fromEntries(
      deviceVariables.flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    nccl: ncclSettings(environment, ncclFiles(environment)),
    interfaces: namesIn("/sys/class/net"),
    infinibandAdapters: namesIn("/sys/class/infiniband"),
    sharedMemoryBytes: sharedMemory(),
  };
}

function isNvidiaDevice(slot: string): boolean {
  const read = (file: string) => textOf(`/sys/bus/pci/devices/${slot}/${file}`)?.trim();
  // Class 0x03 is display and compute; the audio functions of the same cards are others.
  return read("vendor") === "0x10de" && read("class")?.startsWith("0x03") === true;
}

/** Images of NVIDIA's say their version; else the usual folders do. */
function findToolkit(environment: Environment): CudaToolkit | null {
  const folder = environment.CUDA_HOME ?? environment.CUDA_PATH ?? "/usr/local/cuda";
  const hasForwardCompatibility = namesIn(path.join(folder, "compat")).some((name) => name.startsWith("libcuda.so"));
  const said = environment.CUDA_VERSION;
  if (said !== undefined && /^\d+\.\d+/.test(said))
    return { version: said, from: "CUDA_VERSION", hasForwardCompatibility };
  for (const name of ["version.json", "version.txt"]) {
    const file = path.join(folder, name);
    const version = toolkitVersion(textOf(file) ?? "");
    if (version !== null) return { version, from: file, hasForwardCompatibility };
  }
  return null;
}

function ncclFiles(environment: Environment): readonly (readonly NcclSetting[])[] {
  const own = environment.NCCL_CONF_FILE ?? path.join(homedir(), ".nccl.conf");
  return [own, "/etc/nccl.conf"].map((file) => parseNcclFile(textOf(file) ?? "", file));
}

function sharedMemory(): number | null {
  if (!existsSync("/dev/shm")) return null;
  const { blocks, bsize } = statfsSync("/dev/shm");
  return blocks * bsize;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // A machine without the folder has none of what it would list, which the report says.
    return [];
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A file that is not there, or not for us, says nothing, which the report says.
    return null;
  }
}
