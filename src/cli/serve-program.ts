import process from "node:process";
import type { Command } from "commander";
import { givenExecutor, withExecutorFlags } from "./executor-flags.ts";
import type { HealthOptions } from "./health/health-command.ts";
import { planFlags, withPlanFlags } from "./plan-flags.ts";
import type { ServeFlags } from "./serve/serve-options.ts";

/** `pipeline serve`: the long-lived process. */
export function addServe(program: Command, version: () => string): void {
  const command = program
    .command("serve")
    .description(
      "Run a pipeline file and stay: for a Deployment. Serves health over HTTP, resumes what is unfinished, shares the work with other replicas, tries a failed run again.",
    )
    .option("--config <file>", "pipeline file (or PIPELINE_CONFIG)")
    .option("--host <address>", "address to listen on (or PIPELINE_HOST; default: 0.0.0.0, every address)")
    .option("--health-port <port>", "port of /health, /livez, /readyz, /startupz (or HEALTH_CHECK_PORT; default: 8080)")
    .option("--metrics-port <port>", "port of /metrics (or METRICS_PORT; default: 9090)")
    .option(
      "--termination-grace <time>",
      "time to finish what is running after SIGTERM (or TERMINATION_GRACE; default: 25s)",
    )
    .option(
      "--watch <interval>",
      "look for new and changed input this often, and add it to the dataset (or WATCH_INTERVAL; default: never)",
    );
  withExecutorFlags(withPlanFlags(command))
    .option("--log-json", "a log of JSON lines on standard output, for log collectors; LOG_LEVEL says how much")
    .option("--quiet", "print errors only")
    .action(
      async (
        options: ServeFlags & { readonly [option: string]: unknown; readonly logJson?: true; readonly quiet?: true },
      ) => {
        const { serveCommand } = await import("./serve/serve-command.ts");
        process.exitCode = await serveCommand(options, planFlags(options), await givenExecutor(options), {
          version: version(),
          ...(options.logJson === undefined ? {} : { logJson: options.logJson }),
          ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
        });
      },
    );
}

/** `pipeline health`: how a server is, or the data of a run. */
export function addHealth(program: Command, version: () => string): void {
  program
    .command("health")
    .description(
      "Say how the data behind an output path is, or what a server says of itself; exit code 0 pass, 1 warn, 2 fail.",
    )
    .option("--output-path <uri>", "output folder of a run: storage, ledger, dataset")
    .option("--checkpoints <folder>", "where its checkpoints are (default: inside the output folder)")
    .option("--url <url>", "server to ask (default: http://127.0.0.1:8080/health, or the port of HEALTH_CHECK_PORT)")
    .option("--read-only", "write nothing, not even to find out whether the output can be written")
    .option("--format <format>", "text or json", "text")
    .action(async (options: HealthOptions) => {
      const { healthCommand } = await import("./health/health-command.ts");
      process.exitCode = await healthCommand(options, version());
    });
}
