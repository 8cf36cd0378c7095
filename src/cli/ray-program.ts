import process from "node:process";
import type { Command } from "commander";
import { givenExecutor, withExecutorFlags } from "./executor-flags.ts";

/** `pipeline ray …`: looks at a cluster. */
export function addRay(program: Command): void {
  const ray = program.command("ray").description("Look at a Ray cluster.");
  withExecutorFlags(
    ray
      .command("status")
      .description(
        "Join the cluster as a run would; show nodes, resources, GPUs, our workers, versions and what does not fit.",
      ),
  )
    .option("--json", "as JSON")
    .action(async (options: { readonly [option: string]: unknown; readonly json?: true }) => {
      const { rayStatusCommand } = await import("./ray-status-command.ts");
      process.exitCode = await rayStatusCommand(await givenExecutor(options), options);
    });
}
