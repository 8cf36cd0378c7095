import { z } from "zod";

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }),
    }),
  ),
  /** Microseconds. */
  startTime: z.number(),
  endTime: z.number(),
  /** The node that ran, at each look. */
  samples: z.array(z.int()),
  /** Microseconds to each look from the one before it; the first from `startTime`. */
  timeDeltas: z.array(z.number()),
});

/** What V8 says of where one thread was, look after look. */
export type CpuProfile = z.infer<typeof profileSchema>;

/** The profile in a `.cpuprofile` file; undefined when the text is none. */
export function parseCpuProfile(text: string): CpuProfile | undefined {
  try {
    return profileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Not JSON: the caller names the file as missing.
    return undefined;
  }
}

/** A function and the time in which it ran itself, and nothing that it had called. */
export interface FunctionTime {
  /** `(program)` is native code, `(garbage collector)` what its name says. */
  readonly name: string;
  /** URL or path of the file; empty for what belongs to no script. */
  readonly url: string;
  /** Where the function begins, from 1. */
  readonly line: number;
  readonly seconds: number;
}

/** Profiles of several threads, merged. */
export interface ThreadTime {
  /** In which the threads ran something: JavaScript, native code or the garbage collector. */
  readonly busySeconds: number;
  /** In which the threads waited for timers, files, sockets or other threads. */
  readonly idleSeconds: number;
  /** Longest first; those that the threads were idle in are not among them. */
  readonly functions: readonly FunctionTime[];
}

const idleName = "(idle)";

/** Adds up the self time of every function over all profiles. */
export function mergeProfiles(profiles: readonly CpuProfile[]): ThreadTime {
  const functions = new Map<string, { name: string; url: string; line: number; seconds: number }>();
  let idleSeconds = 0;
  let busySeconds = 0;
  for (const profile of profiles) {
    const seconds = selfSeconds(profile);
    for (const { id, callFrame } of profile.nodes) {
      const self = seconds.get(id) ?? 0;
      // What stands above everything never runs.
      if (self === 0) continue;
      if (callFrame.functionName === idleName) {
        idleSeconds += self;
        continue;
      }
      busySeconds += self;
      const { functionName, url, lineNumber } = callFrame;
      const key = `${functionName} ${url}:${lineNumber}`;
      const known = functions.get(key);
      if (known !== undefined) known.seconds += self;
      else functions.set(key, { name: functionName || "(anonymous)", url, line: lineNumber + 1, seconds: self });
    }
  }
  return {
    busySeconds,
    idleSeconds,
    functions: [...functions.values()].sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1)),
  };
}

/** By node: what was seen at one look is taken to last until the next. */
function selfSeconds({ samples, timeDeltas, startTime, endTime }: CpuProfile): ReadonlyMap<number, number> {
  const seconds = new Map<number, number>();
  let at = startTime + (timeDeltas[0] ?? 0);
  for (const [index, node] of samples.entries()) {
    const next = index + 1 < samples.length ? at + (timeDeltas[index + 1] ?? 0) : endTime;
    // V8 may note looks out of order by a few microseconds.
    seconds.set(node, (seconds.get(node) ?? 0) + Math.max(0, next - at) / 1e6);
    at = next;
  }
  return seconds;
}
