import path from "node:path";
import { z } from "zod";
import { type Command, measureCommand } from "./measure-command.ts";
import { missingPeer, python } from "./peer-environments.ts";
import type { Absent, Measured, Side, Verdict } from "./workload.ts";

const scripts = path.join(import.meta.dirname, "../peers");

/** What a program prints as its last line. */
const report = z.object({
  items: z.number(),
  /** Without interpreter, imports and cluster. */
  workSeconds: z.number().optional(),
  figures: z.record(z.string(), z.number()).optional(),
});

type SideNames = Pick<Side, "name" | "kind" | "note">;
type CommandSettings = Pick<Command, "args" | "environment" | "hasServer" | "memoryEveryMilliseconds">;

interface Reporting extends SideNames, CommandSettings {
  /** The time that counts ends when it says `first-record`. */
  readonly untilFirstRecord?: boolean;
  /** Before each run, outside of the measurement. */
  clear?(): void | Promise<void>;
  check?(): Promise<Verdict>;
}

/** A side that is a program of its own, which reports what it did. */
export interface ProgramSide extends Reporting {
  readonly program: string;
}

/** A Python program in bench/peers that does the workload with a peer. */
export interface PeerSide extends Reporting {
  /** Virtual environment of peers.txt. */
  readonly from: string;
  readonly script: string;
}

export function peerSide({ from, script, ...side }: PeerSide): Side | Absent {
  const absent = missingPeer(from);
  if (absent !== undefined) return { name: side.name, kind: side.kind, absent };
  return programSide({ ...side, program: python(from), args: [path.join(scripts, script), ...side.args] });
}

export function programSide({
  untilFirstRecord = false,
  clear,
  check,
  name,
  kind,
  note,
  ...command
}: ProgramSide): Side {
  return {
    name,
    kind,
    ...(note === undefined ? {} : { note }),
    async run(): Promise<Measured> {
      await clear?.();
      let first: number | undefined;
      const { stdout, ...measured } = await measureCommand({
        ...command,
        onOutput(seen, seconds) {
          if (first === undefined && seen.includes("first-record")) first = seconds;
        },
      });
      const { items, workSeconds, figures } = report.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
      return {
        ...measured,
        ...(untilFirstRecord && first !== undefined ? { wallSeconds: first } : {}),
        items,
        ...(workSeconds === undefined ? {} : { workSeconds }),
        ...(figures === undefined ? {} : { figures }),
      };
    },
    ...(check === undefined ? {} : { check }),
  };
}
