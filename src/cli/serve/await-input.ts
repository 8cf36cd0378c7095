import { setTimeout as delay } from "node:timers/promises";
import { formatBytes } from "../../contract/units.ts";
import type { InputWatch } from "../../coordinator/new-input.ts";
import { asPipelineError, errorRecord } from "../../model/errors.ts";
import { takeRequests } from "../../storage/request-tally.ts";
import { formatDuration, plural } from "../../telemetry/format-quantity.ts";
import type { ServedPipeline } from "./serve-runs.ts";

/** How a process looks for new input. */
export interface Watching {
  readonly input: InputWatch;
  readonly seconds: number;
  /** What was said last while there was no input: each cause is said once. */
  told: string | undefined;
}

/** Looks for new input until there is work, or until the process is told to end. A look that fails is told, and tried again. */
export async function awaitInput(
  { input, seconds }: Watching,
  { health, log, metrics, termination }: ServedPipeline,
): Promise<void> {
  const signal = termination.requested;
  let failure: string | undefined;
  while (!signal.aborted) {
    // Ends early when the process is told to end, which the loop looks at.
    await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const look = await input.look(signal);
      health.looked(undefined);
      if (failure !== undefined) log.say("info", "looking", "the input can be looked at again");
      failure = undefined;
      if (look.found !== "work") continue;
      const { splits, bytes } = look;
      if (splits > 0)
        log.say("info", "input-added", `new input: ${formatBytes(bytes)} in ${plural(splits, "split")}`, {
          splits,
          bytes,
        });
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message } = errorRecord(asPipelineError(thrown, "INTERNAL", "unexpected error"));
      const told = `${code}: ${message}`;
      health.looked(told);
      // Once for each cause: a storage that is away is asked again and again.
      if (told !== failure)
        log.say(
          "warn",
          "looking",
          `looking for new input failed, and is tried again in ${formatDuration(seconds)}: ${told}`,
        );
      failure = told;
    } finally {
      const requests = takeRequests();
      if (requests.length > 0) metrics.onEvent({ type: "storage-requests", requests });
    }
  }
}
