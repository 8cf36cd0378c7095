import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const marker = "PIPELINE_BENCH_TREE";
/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100;

interface Member {
  cpuSeconds: number;
}

/**
 * A process and all that comes of it, followed through /proc. Its processes are known by a variable in their
 * environment, which they inherit: daemons that left the tree (those of Ray do) are counted as well.
 */
export class ProcessTree {
  readonly environment: Readonly<Record<string, string>>;
  readonly #mark: string;
  /** Whether a process belongs, by id and time of its start: ids come back. */
  readonly #members = new Map<string, Member>();
  /** Ids that belonged to others when last looked at: looking into each again would cost as much as what is measured. */
  #foreign: ReadonlySet<string> = new Set();
  #peakBytes = 0;

  constructor() {
    const id = randomUUID();
    this.environment = { [marker]: id };
    this.#mark = `${marker}=${id}`;
  }

  /** Greatest sum of proportional set sizes so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** CPU time of all processes as last seen; what they took after that is missing. */
  get cpuSeconds(): number {
    let sum = 0;
    for (const member of this.#members.values()) sum += member.cpuSeconds;
    return sum;
  }

  /** Looks at all processes once; returns the ids of those that belong. `withMemory` costs the kernel some time. */
  look(withMemory: boolean): readonly number[] {
    const living: number[] = [];
    const foreign = new Set<string>();
    let bytes = 0;
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const fields = this.#foreign.has(name) ? [] : statFields(name);
      const member = this.#memberOf(name, fields);
      if (member === undefined) {
        foreign.add(name);
        continue;
      }
      member.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      living.push(Number(name));
      if (withMemory) bytes += Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${name}/smaps_rollup`))?.[1] ?? 0) * 1024;
    }
    this.#foreign = foreign;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    return living;
  }

  #memberOf(name: string, fields: readonly string[]): Member | undefined {
    const start = fields[19];
    if (start === undefined) return undefined;
    const key = `${name} ${start}`;
    const known = this.#members.get(key);
    if (known !== undefined || !read(`/proc/${name}/environ`).split("\0").includes(this.#mark)) return known;
    const found: Member = { cpuSeconds: 0 };
    this.#members.set(key, found);
    return found;
  }
}

/** Fields of /proc/<id>/stat from the state on, which follows the name in brackets. */
function statFields(name: string): readonly string[] {
  const stat = read(`/proc/${name}/stat`);
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Empty of a process that has ended meanwhile: it holds nothing any more. */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** Seconds that all cores together have been at work since the machine's start. */
export function machineBusySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = read("/proc/stat")
    .split("\n", 1)
    .join("")
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}
