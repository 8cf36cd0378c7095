import { createLogUpdate } from "log-update";
import { paintFor } from "./paint.ts";
import { progressLines } from "./progress-lines.ts";
import type { RunDisplay } from "./run-display.ts";
import { noticeOf } from "./run-notice.ts";
import type { RunSnapshot } from "./run-snapshot.ts";

const redrawMilliseconds = 120;

/**
 * Redraws in place on a terminal, a few times a second whether or not anything happened: a clock that
 * stands still would look like a hang. `now` gives seconds of the clock that the events were stamped with.
 */
export function createLiveDisplay(stream: NodeJS.WriteStream, now: () => number): RunDisplay {
  const paint = paintFor(stream);
  const update = createLogUpdate(stream);
  let latest: RunSnapshot | undefined;
  const draw = () => {
    if (latest === undefined || latest.phase === "finished") return;
    const screen = { columns: stream.columns ?? 80, rows: stream.rows ?? 24, paint };
    update(progressLines(latest, now(), screen).join("\n"));
  };
  const timer = setInterval(draw, redrawMilliseconds);
  timer.unref();
  return {
    show(snapshot, event) {
      const isFirst = latest === undefined;
      latest = snapshot;
      const notice = noticeOf(event, paint);
      if (notice !== undefined) {
        update.clear();
        update.persist(notice);
      }
      if (isFirst || notice !== undefined) draw();
    },
    close() {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}
