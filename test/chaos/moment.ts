import type { FolderWatch } from "./folder-watch.ts";
import { aimedFiles, type Moment } from "./random-accidents.ts";
import type { Session } from "./session.ts";
import type { Undisturbed } from "./undisturbed-run.ts";

/** Resolves when the moment comes, true, or when the session ends before it, false. */
export async function momentComes(
  moment: Moment,
  session: Session,
  watch: FolderWatch,
  undisturbed: Undisturbed,
): Promise<boolean> {
  if (session.hasEnded) return false;
  const leaving: (() => void)[] = [];
  const comes = new Promise<boolean>((resolve) => {
    leaving.push(arm(moment, session, watch, undisturbed, () => resolve(true)));
  });
  try {
    return await Promise.race([comes, session.ended.then(() => false)]);
  } finally {
    for (const leave of leaving) leave();
  }
}

/** Calls once the moment has come; answers what takes that back. */
function arm(
  moment: Moment,
  session: Session,
  watch: FolderWatch,
  undisturbed: Undisturbed,
  call: () => void,
): () => void {
  switch (moment.kind) {
    case "time": {
      const timer = setTimeout(call, moment.share * undisturbed.seconds * 1000);
      return () => clearTimeout(timer);
    }
    case "event": {
      let left = Math.floor(moment.share * (undisturbed.eventCounts.get(moment.type) ?? 0));
      return session.onEvent((event) => {
        if (event.type === moment.type && left-- === 0) call();
      });
    }
    case "file": {
      const seen = new Set<string>();
      const isCommit = moment.name.endsWith("checkpoint");
      const usual = isCommit ? (undisturbed.eventCounts.get("checkpoint-written") ?? 0) : undisturbed.shards;
      const isOnce = !isCommit && !moment.name.endsWith("shard");
      const wanted = isOnce ? 1 : 1 + Math.floor(moment.share * usual);
      return watch.onName((name) => {
        if (aimedFiles[moment.name].test(name) && seen.add(name).size === wanted) call();
      });
    }
  }
}
