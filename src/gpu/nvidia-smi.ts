/** One GPU as `nvidia-smi` sees it. What the driver or the device does not tell is null. */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly pciBusId: string | null;
  readonly driverVersion: string | null;
  /** CUDA compute capability, such as `8.0`. */
  readonly computeCapability: string | null;
  /** Null where memory is shared with the CPU. */
  readonly memoryBytes: number | null;
  readonly memoryUsedBytes: number | null;
  /** Share of the last sampling period (at most a second) in which a kernel ran, 0 to 1. Null under MIG. */
  readonly utilization: number | null;
  readonly temperatureCelsius: number | null;
  readonly hasPersistence: boolean | null;
  /** `Default`, `Exclusive_Process`, `Prohibited`. */
  readonly computeMode: string | null;
  readonly hasMig: boolean | null;
  readonly hasEcc: boolean | null;
  /** Since the driver was loaded. */
  readonly uncorrectedEccErrors: number | null;
  /** Pages or rows that a reset of the GPU will replace. */
  readonly hasPendingRepair: boolean | null;
}

/** An instance of a GPU that MIG divided. */
export interface MigDevice {
  /** Index of the GPU. */
  readonly gpu: number;
  readonly profile: string;
  readonly uuid: string;
}

/** Fields to ask for. Drivers refuse what they do not know yet, or no longer: see `refusedField`. */
export const gpuFields: readonly string[] = [
  "index",
  "uuid",
  "name",
  "pci.bus_id",
  "driver_version",
  "compute_cap",
  "memory.total",
  "memory.used",
  "utilization.gpu",
  "temperature.gpu",
  "persistence_mode",
  "compute_mode",
  "mig.mode.current",
  "ecc.mode.current",
  "ecc.errors.uncorrected.volatile.total",
  "retired_pages.pending",
  "remapped_rows.pending",
];

const bytesPerMebibyte = 2 ** 20;

/** What a query printed. */
interface GpuListing {
  readonly gpus: readonly Gpu[];
  /** Lines that describe no GPU: what it complains of. */
  readonly otherLines: readonly string[];
}

/** Reads what `nvidia-smi --query-gpu=<fields> --format=csv,noheader,nounits` printed. */
export function parseGpus(csv: string, fields: readonly string[]): GpuListing {
  const gpus: Gpu[] = [];
  const otherLines: string[] = [];
  for (const line of csv.split(/\r?\n/)) {
    const cells = line.split(",").map((cell) => cell.trim());
    const gpu =
      cells.length === fields.length ? gpuOf(new Map(fields.map((field, at) => [field, cells[at] ?? ""]))) : null;
    if (gpu !== null) gpus.push(gpu);
    else if (line.trim() !== "") otherLines.push(line.trim());
  }
  return { gpus, otherLines };
}

function gpuOf(cells: ReadonlyMap<string, string>): Gpu | null {
  const text = (field: string): string | null => {
    const cell = cells.get(field) ?? "";
    // `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`; without brackets in some drivers.
    return cell === "" || cell === "N/A" || (cell.startsWith("[") && cell.endsWith("]")) ? null : cell;
  };
  const number = (field: string): number | null => {
    const cell = text(field);
    return cell !== null && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : null;
  };
  const truth = (field: string, yes: string): boolean | null => {
    const cell = text(field);
    return cell === null ? null : cell === yes;
  };
  const mebibytes = (field: string): number | null => {
    const amount = number(field);
    return amount === null ? null : amount * bytesPerMebibyte;
  };
  const index = number("index");
  if (index === null) return null;
  const utilization = number("utilization.gpu");
  const repairs = [truth("retired_pages.pending", "Yes"), truth("remapped_rows.pending", "Yes")];
  return {
    index,
    uuid: text("uuid") ?? "",
    name: text("name") ?? "unknown",
    pciBusId: text("pci.bus_id"),
    driverVersion: text("driver_version"),
    computeCapability: text("compute_cap"),
    memoryBytes: mebibytes("memory.total"),
    memoryUsedBytes: mebibytes("memory.used"),
    utilization: utilization === null ? null : utilization / 100,
    temperatureCelsius: number("temperature.gpu"),
    hasPersistence: truth("persistence_mode", "Enabled"),
    computeMode: text("compute_mode"),
    hasMig: truth("mig.mode.current", "Enabled"),
    hasEcc: truth("ecc.mode.current", "Enabled"),
    uncorrectedEccErrors: number("ecc.errors.uncorrected.volatile.total"),
    hasPendingRepair: repairs.includes(true) ? true : repairs.includes(false) ? false : null,
  };
}

/** The field that this driver does not know, when that is why the query failed. */
export function refusedField(output: string): string | undefined {
  return /Field "([^"]+)" is not a valid field to query/.exec(output)?.[1];
}

/** From the heading of plain `nvidia-smi`: the newest CUDA that the driver can run, such as `12.4`. */
export function parseCudaVersion(summary: string): string | null {
  return /CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)/.exec(summary)?.[1] ?? null;
}

/** What `nvidia-smi -L` says of MIG devices. */
export function parseMigDevices(listing: string): readonly MigDevice[] {
  const devices: MigDevice[] = [];
  let gpu = -1;
  for (const line of listing.split(/\r?\n/)) {
    const [, index] = /^GPU (\d+):/.exec(line) ?? [];
    if (index !== undefined) gpu = Number(index);
    const [, profile, uuid] = /^\s+MIG (\S+)\s+Device\s+\d+:\s+\(UUID: (MIG-[^)]+)\)/.exec(line) ?? [];
    if (profile !== undefined && uuid !== undefined) devices.push({ gpu, profile, uuid });
  }
  return devices;
}
