import { plainPaint } from "./paint.ts";
import { progressLogLine } from "./progress-lines.ts";
import type { RunDisplay } from "./run-display.ts";
import { noticeOf } from "./run-notice.ts";
import type { RunSnapshot } from "./run-snapshot.ts";

const everyMilliseconds = 5000;

/** Without a terminal: a line every five seconds, and one for whatever a person should know at once. */
export function createLineLog(write: (line: string) => void, now: () => number): RunDisplay {
  let latest: RunSnapshot | undefined;
  const timer = setInterval(() => {
    if (latest !== undefined && latest.phase !== "finished") write(progressLogLine(latest, now()));
  }, everyMilliseconds);
  timer.unref();
  return {
    show(snapshot, event) {
      latest = snapshot;
      const notice = noticeOf(event, plainPaint);
      if (notice !== undefined) write(notice);
    },
    close: () => clearInterval(timer),
  };
}
