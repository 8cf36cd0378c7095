import process from "node:process";
import type { Command } from "commander";
import type { CheckpointsOptions } from "./checkpoints-command.ts";
import { positiveInteger } from "./positive-integer.ts";

/** `pipeline checkpoints …`: looks after the ledger of a run. */
export function addCheckpoints(program: Command): void {
  const checkpoints = program
    .command("checkpoints")
    .description("List, show, fold and verify the checkpoints of a run.");
  const add = (name: string, description: string) =>
    checkpoints
      .command(name)
      .description(description)
      .argument("<output>", "output folder of the run, or its folder of checkpoints")
      .option("--checkpoints <folder>", "where the checkpoints are (default: inside the output folder)")
      .option("--json", "as JSON");
  add("list", "List the checkpoints that can be gone back to, oldest first.").action(
    async (output: string, options: CheckpointsOptions) => {
      const { checkpointsListCommand } = await import("./checkpoints-command.ts");
      process.exitCode = await checkpointsListCommand(output, options);
    },
  );
  add("show", "Show one checkpoint: what was done by then, and which tasks it made count.")
    .argument("[checkpoint]", "such as checkpoint_000123 (default: the current one)")
    .action(async (output: string, name: string | undefined, options: CheckpointsOptions) => {
      const { checkpointsShowCommand } = await import("./checkpoints-command.ts");
      process.exitCode = await checkpointsShowCommand(output, name, options);
    });
  add("clean", "Fold all but the last checkpoints into a snapshot; every finished task still counts.")
    .requiredOption("--keep <count>", "checkpoints that stay as places to go back to", positiveInteger)
    .action(async (output: string, options: CheckpointsOptions & { readonly keep: number }) => {
      const { checkpointsCleanCommand } = await import("./checkpoints-command.ts");
      process.exitCode = await checkpointsCleanCommand(output, options);
    });
  add("verify", "Read everything that the ledger holds and say what is damaged.").action(
    async (output: string, options: CheckpointsOptions) => {
      const { checkpointsVerifyCommand } = await import("./checkpoints-command.ts");
      process.exitCode = await checkpointsVerifyCommand(output, options);
    },
  );
}
