import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { type CgroupFiles, lineValue, memoryCgroups } from "./memory-cgroup.ts";

export interface MemoryReading {
  readonly limitBytes: number;
  /** What cannot be taken back without ending a process: file pages are not counted. */
  readonly usedBytes: number;
}

/**
 * The memory that this process may use and what counts against it: control groups of both versions, with the groups
 * around them, and the machine; whichever is nearest to its limit.
 *
 * Cheap enough to be read many times a second. A group's limit may change while it is watched. On systems other than
 * Linux only the size of the machine is known, and nothing counts as used: what they call free is not comparable.
 */
export class MemoryGauge {
  readonly #own: CgroupFiles | undefined;
  readonly #limited: readonly CgroupFiles[];

  /** Of this process. Never throws: what cannot be read does not limit. */
  constructor() {
    const groups = memoryCgroups(textOf("/proc/self/cgroup"), textOf("/proc/self/mountinfo"));
    this.#own = groups.find((group) => textOf(group.use) !== "");
    this.#limited = groups.filter((group) => limitOf(group) < totalmem());
  }

  /** The least limit. */
  get limitBytes(): number {
    return Math.min(totalmem(), ...this.#limited.map(limitOf));
  }

  /** The reading that is nearest to its limit. */
  read(): MemoryReading {
    let nearest = machineReading();
    for (const group of this.#limited) {
      const reading = groupReading(group);
      if (reading.usedBytes / reading.limitBytes > nearest.usedBytes / nearest.limitBytes) nearest = reading;
    }
    return nearest;
  }

  /** How many processes of this group, or of the machine where it has none, the kernel has ended for memory so far. */
  kernelKills(): number {
    return lineValue(textOf(this.#own?.kills ?? "/proc/vmstat"), "oom_kill") ?? 0;
  }
}

function groupReading(group: CgroupFiles): MemoryReading {
  const stat = textOf(group.stat);
  let usedBytes = Number(textOf(group.use));
  for (const name of group.reclaimable) usedBytes -= lineValue(stat, name) ?? 0;
  return { limitBytes: limitOf(group), usedBytes: Math.max(0, usedBytes) };
}

function limitOf({ limits }: CgroupFiles): number {
  let least = Number.POSITIVE_INFINITY;
  for (const file of limits) {
    const limit = Number.parseInt(textOf(file), 10);
    // `max`, an empty answer and a limit of nothing, which no process could live under, are no limits.
    if (limit > 0) least = Math.min(least, limit);
  }
  return least;
}

function machineReading(): MemoryReading {
  const meminfo = textOf("/proc/meminfo");
  const total = lineValue(meminfo, "MemTotal");
  const available = lineValue(meminfo, "MemAvailable");
  if (total === undefined || available === undefined) return { limitBytes: totalmem(), usedBytes: 0 };
  return { limitBytes: total * 1024, usedBytes: (total - available) * 1024 };
}

/** Empty where there is no such file: other systems, other versions, groups that are gone. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // The caller takes an empty text for the absence of a limit.
    return "";
  }
}

let own: MemoryGauge | undefined;

/** The gauge of this process: finding its control group takes a millisecond or two, once. */
export function ownMemoryGauge(): MemoryGauge {
  own ??= new MemoryGauge();
  return own;
}
