/** A CUDA toolkit or runtime that programs here were built against. */
export interface CudaToolkit {
  /** Such as `12.4.1`. */
  readonly version: string;
  /** Where that was read. */
  readonly from: string;
  /** Whether it brings its own user-mode driver, by which data-centre GPUs run it on an older kernel driver. */
  readonly hasForwardCompatibility: boolean;
}

/** The oldest driver for Linux that runs any toolkit of a major version (CUDA compatibility guide, table 1). */
const oldestDrivers: { readonly [major: string]: string } = { 11: "450.80.02", 12: "525.60.13", 13: "580.65.06" };

/** The driver that the toolkit needs at least, when this driver is older; undefined when it will do, or is unknown. */
export function neededDriver(toolkitVersion: string, driverVersion: string): string | undefined {
  const oldest = oldestDrivers[toolkitVersion.split(".")[0] ?? ""];
  return oldest !== undefined && isOlder(driverVersion, oldest) ? oldest : undefined;
}

function isOlder(version: string, than: string): boolean {
  const left = version.split(".").map(Number);
  const right = than.split(".").map(Number);
  for (let at = 0; at < right.length; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The version in a toolkit's `version.json` (since 11.1) or `version.txt` (before). */
export function toolkitVersion(text: string): string | null {
  return (
    /"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"([\d.]+)"/.exec(text)?.[1] ?? /CUDA Version ([\d.]+)/.exec(text)?.[1] ?? null
  );
}

/** The version in `/proc/driver/nvidia/version`. */
export function kernelDriverVersion(text: string): string | null {
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(text)?.[1] ?? null;
}
