import { hostname } from "node:os";
import process from "node:process";
import { asPipelineError } from "../../model/errors.ts";
import type { Flags } from "../../plan/settings-overrides.ts";
import { healthRoutes } from "../../server/health-routes.ts";
import { listen } from "../../server/listen.ts";
import { ProcessHealth } from "../../server/process-health.ts";
import { exitCodes } from "../exit-code.ts";
import { terminal } from "../terminal.ts";
import { serveLog } from "./serve-log.ts";
import { type ServeFlags, serveOptions } from "./serve-options.ts";
import { serveRuns } from "./serve-runs.ts";
import { ServedConfiguration } from "./served-configuration.ts";
import { Termination } from "./termination.ts";

interface OutputOptions {
  readonly json?: true;
  readonly quiet?: true;
  /** Of this program. */
  readonly version: string;
}

/**
 * `pipeline serve --config <file>`: the long-lived process of a Deployment. Ends only when it is told to, with 0, since
 * whatever is unfinished is resumed; or with 2 when it could not begin: a port that is taken, a file that is not valid.
 */
export async function serveCommand(serveFlags: ServeFlags, flags: Flags, output: OutputOptions): Promise<number> {
  const options = serveOptions(serveFlags, process.env);
  const mode = output.json === true ? "json" : output.quiet === true ? "quiet" : "lines";
  const log = serveLog(mode);
  const health = new ProcessHealth({ releaseId: output.version, serviceId: hostname(), environment: process.env });
  const termination = new Termination(options.terminationGraceSeconds);
  termination.requested.addEventListener("abort", () => health.drains(termination.signal ?? "SIGTERM"));
  try {
    const listener = await listen({ host: options.host, port: options.healthPort }, healthRoutes(health), (error) =>
      log.failed(asPipelineError(error, "INTERNAL", "answering a request failed")),
    );
    log.say("listening", `health: ${listener.url}/health, /livez, /readyz, /startupz`, { url: listener.url });
    try {
      const configuration = await ServedConfiguration.open(options.config, flags);
      for (const warning of configuration.resolved.warnings) log.say("warning", `warning: ${warning}`);
      health.serves(configuration.settings);
      configuration.watch((difference) => {
        health.configurationDiffers(difference);
        log.say("configuration-changed", difference ?? "the file says again what is in effect");
      });
      const runs = serveRuns({ configuration, health, log, termination, mode }).then(() => "drained" as const);
      const ended = await Promise.race([runs, termination.end().then(() => "cut off" as const)]);
      configuration.close();
      if (ended === "cut off") {
        log.say("stopped", "the time to end is over: what is not checkpointed is done again");
        await terminal.flush();
        // Whatever hangs must not keep the process: nothing that it could still write counts.
        process.exit(exitCodes.done);
      }
      log.say(
        "stopped",
        `${termination.signal}: what was under way is checkpointed; started again, it goes on from there`,
      );
      return exitCodes.done;
    } finally {
      await listener.close();
    }
  } finally {
    termination.close();
    health.close();
  }
}
