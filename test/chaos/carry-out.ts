import { setTimeout as delay } from "node:timers/promises";
import type { Accident, AccidentKind } from "./random-accidents.ts";
import type { Session } from "./session.ts";
import type { SmallDisk } from "./small-disk.ts";

/** What an accident leaves to be done by its round. */
export interface Aftermath {
  /** False where there was nothing to do it to: no worker yet, the session over, no disk of its own. */
  readonly happened: boolean;
  /** Settled once what was stopped goes on. */
  readonly over?: Promise<void>;
}

const nothing: Aftermath = { happened: false };

/** After these a session gets no further accident: it ends of them. */
const lastOfSession: ReadonlySet<AccidentKind> = new Set([
  "kill-coordinator",
  "kill-all",
  "terminate",
  "interrupt",
  "interrupt-twice",
  "kill-beside-stopped-worker",
  "full-disk",
  "read-only-disk",
]);

export function endsSession(kind: AccidentKind): boolean {
  return lastOfSession.has(kind);
}

/** Does to the session what the accident says. */
export async function carryOut(accident: Accident, session: Session, disk: SmallDisk | undefined): Promise<Aftermath> {
  if (accident.lingerMilliseconds > 0) await delay(accident.lingerMilliseconds);
  if (session.hasEnded) return nothing;
  const worker = session.workers[Math.floor(accident.target * session.workers.length)];
  switch (accident.kind) {
    case "kill-coordinator":
      session.signal("coordinator", "SIGKILL");
      return { happened: true };
    case "kill-all":
      session.signal("all", "SIGKILL");
      return { happened: true };
    case "kill-worker":
      if (worker === undefined) return nothing;
      session.signal(worker, "SIGKILL");
      return { happened: true };
    case "terminate":
      session.signal("coordinator", "SIGTERM");
      return { happened: true };
    case "interrupt":
      session.signal("all", "SIGINT");
      return { happened: true };
    case "interrupt-twice":
      session.signal("all", "SIGINT");
      await Promise.race([delay(accident.milliseconds / 4), session.ended]);
      session.signal("all", "SIGINT");
      return { happened: true };
    case "stop-worker":
      return worker === undefined ? nothing : stop(session, worker, accident.milliseconds);
    case "stop-coordinator":
      return stop(session, "coordinator", accident.milliseconds);
    case "kill-beside-stopped-worker": {
      if (worker === undefined) return nothing;
      const stopped = stop(session, worker, accident.milliseconds);
      session.signal("coordinator", "SIGKILL");
      return stopped;
    }
    case "stop-all":
      return stop(session, "all", accident.milliseconds);
    case "full-disk":
      disk?.fill(accident.bytesLeft);
      return { happened: disk !== undefined };
    case "read-only-disk":
      return { happened: disk !== undefined && (await makeReadOnly(session, disk)) };
    case "clean-checkpoints":
    case "join":
      // These happen beside the session, not to it.
      return nothing;
  }
}

function stop(session: Session, whom: "coordinator" | "all" | number, milliseconds: number): Aftermath {
  session.signal(whom, "SIGSTOP");
  return { happened: true, over: delay(milliseconds).then(() => session.signal(whom, "SIGCONT")) };
}

/** A disk becomes read-only between two files only: until there is such a moment, or the session is over. */
async function makeReadOnly(session: Session, disk: SmallDisk): Promise<boolean> {
  while (!session.hasEnded) {
    if (await disk.setReadOnly(true)) return true;
  }
  return false;
}
