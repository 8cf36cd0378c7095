import { setTimeout as delay } from "node:timers/promises";

const firstSeconds = 0.05;
const longestSeconds = 5;

/**
 * Waits before the attempt after number `attempt` (1 for the first): any time up to a bound that doubles, so that
 * many who failed together do not come back together. At least `leastSeconds`, when the server asked for that.
 * Rejects with the signal's reason.
 */
export async function waitToRetry(attempt: number, signal?: AbortSignal, leastSeconds = 0): Promise<void> {
  const bound = Math.min(longestSeconds, firstSeconds * 2 ** Math.min(attempt, 20));
  const seconds = Math.max(leastSeconds, Math.random() * bound);
  try {
    await delay(seconds * 1000, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
