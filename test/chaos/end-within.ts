import type { Session, SessionEnd } from "./session.ts";

export interface TimelyEnd extends SessionEnd {
  /** It did not end by itself in time, and was killed with its workers. */
  readonly isOverdue: boolean;
}

/** Waits for the end of a session, which has so many seconds from the call on. */
export async function endWithin(session: Session, seconds: number): Promise<TimelyEnd> {
  let isOverdue = false;
  const overdue = setTimeout(() => {
    isOverdue = true;
    session.signal("all", "SIGCONT");
    session.signal("all", "SIGKILL");
  }, seconds * 1000);
  const end = await session.ended;
  clearTimeout(overdue);
  return { ...end, isOverdue };
}
