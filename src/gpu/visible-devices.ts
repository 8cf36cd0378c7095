import type { Gpu, MigDevice } from "./nvidia-smi.ts";

/** What CUDA_VISIBLE_DEVICES leaves of the GPUs. */
export interface VisibleDevices {
  /** Indexes of the GPUs that a CUDA program sees, wholly or an instance of. */
  readonly gpus: readonly number[];
  /** `all`: not set. `none`: hides every GPU on purpose (`-1`). `named`: a list. */
  readonly says: "all" | "none" | "named";
  /** What is wrong with the list, if anything. */
  readonly problem: string | null;
}

/**
 * Reads the variable as CUDA does: ordinals, or beginnings of UUIDs of GPUs and MIG devices. The first entry that
 * names no device hides itself and all behind it; a device that is named twice hides all.
 */
export function visibleDevices(
  value: string | undefined,
  gpus: readonly Gpu[],
  migDevices: readonly MigDevice[],
): VisibleDevices {
  const all = gpus.map(({ index }) => index);
  if (value === undefined) return { gpus: all, says: "all", problem: null };
  if (value.trim() === "-1" || value.trim() === "NoDevFiles") return { gpus: [], says: "none", problem: null };
  if (value.trim() === "") return { gpus: [], says: "named", problem: "is empty, which hides every GPU" };
  const found: number[] = [];
  const entries = value.split(",").map((entry) => entry.trim());
  for (const [at, entry] of entries.entries()) {
    const gpu = deviceOf(entry, gpus, migDevices);
    if (gpu === undefined) {
      const behind = entries.length - at - 1;
      const hidden = behind === 0 ? "" : `, which also hides the ${behind} behind it`;
      return { gpus: found, says: "named", problem: `names ${JSON.stringify(entry)}, which is no device${hidden}` };
    }
    if (entries.indexOf(entry) < at)
      return { gpus: [], says: "named", problem: `names ${JSON.stringify(entry)} twice, which hides every GPU` };
    if (!found.includes(gpu)) found.push(gpu);
  }
  return { gpus: found, says: "named", problem: null };
}

function deviceOf(entry: string, gpus: readonly Gpu[], migDevices: readonly MigDevice[]): number | undefined {
  if (/^\d+$/.test(entry)) return gpus[Number(entry)]?.index;
  if (entry.startsWith("GPU-")) return gpus.find(({ uuid }) => uuid.startsWith(entry))?.index;
  if (entry.startsWith("MIG-")) return migDevices.find(({ uuid }) => uuid.startsWith(entry))?.gpu;
  return undefined;
}

/** Environment variables that say which devices this process, or its container, shall have. */
export interface DeviceRequest {
  readonly name: "CUDA_VISIBLE_DEVICES" | "NVIDIA_VISIBLE_DEVICES";
  readonly value: string;
}

/** The variable that asks for GPUs, if one does. */
export function requestedDevices(environment: { readonly [name: string]: string | undefined }): DeviceRequest | null {
  const cuda = environment.CUDA_VISIBLE_DEVICES?.trim() ?? "";
  if (cuda !== "" && cuda !== "-1" && cuda !== "NoDevFiles") return { name: "CUDA_VISIBLE_DEVICES", value: cuda };
  const container = environment.NVIDIA_VISIBLE_DEVICES?.trim() ?? "";
  if (container !== "" && container !== "void" && container !== "none" && cuda !== "-1")
    return { name: "NVIDIA_VISIBLE_DEVICES", value: container };
  return null;
}
