import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../model/errors.ts";

const tries = 3;
const firstPauseMilliseconds = 500;

/**
 * Posts JSON, again a few times where that can help. Never rejects: answers what went wrong as a sentence without
 * the address, or undefined.
 */
export async function postJson(
  url: string,
  headers: { readonly [name: string]: string },
  body: string,
  timeoutSeconds: number,
  stopped: AbortSignal,
): Promise<string | undefined> {
  let problem = "there was no time to ask it";
  for (let attempt = 0; attempt < tries && !stopped.aborted; attempt++) {
    try {
      if (attempt > 0) await pause(firstPauseMilliseconds * 2 ** (attempt - 1), undefined, { signal: stopped });
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body,
        signal: AbortSignal.any([stopped, AbortSignal.timeout(timeoutSeconds * 1000)]),
      });
      await response.arrayBuffer();
      if (response.ok) return undefined;
      problem = `it answered ${response.status}`;
      if (response.status !== 429 && response.status < 500) return problem;
    } catch (error) {
      // What is stopped while it waits to try again failed for the reason before.
      if (attempt > 0 && stopped.aborted) break;
      problem = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    }
  }
  return problem;
}
