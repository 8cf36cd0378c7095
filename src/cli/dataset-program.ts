import process from "node:process";
import type { Command } from "commander";
import type { SettingName } from "../plan/settings-overrides.ts";
import { givenExecutor, withExecutorFlags } from "./executor-flags.ts";
import { planFlags, withPlanFlags } from "./plan-flags.ts";
import { positiveInteger } from "./positive-integer.ts";
import type { QuarantineListOptions } from "./quarantine-list-command.ts";
import type { RetryOptions } from "./retry-command.ts";
import type { VerifyOptions } from "./verify-command.ts";

/** `pipeline explain`: the story of one sample. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("Tell the whole story of one sample: where it was read, what each step said, where it is or why not.")
    .argument("<output>", "output folder of the run, finished or not")
    .argument("<sample>", "id of the sample, or path of an input file")
    .option("--checkpoints <folder>", "where the checkpoints are (default: inside the output folder)")
    .option("--json", "as JSON")
    .action(
      async (output: string, sample: string, options: { readonly checkpoints?: string; readonly json?: true }) => {
        const { explainCommand } = await import("./explain-command.ts");
        process.exitCode = await explainCommand(output, sample, options);
      },
    );
}

/** `pipeline quarantine …`: looks at failed samples. */
export function addQuarantine(program: Command): void {
  const quarantine = program.command("quarantine").description("Look at the samples that failed.");
  quarantine
    .command("list")
    .description("Count failed samples by class, step and code, and list them.")
    .argument("<output>", "output folder of the run, finished or not")
    .option("--class <class>", "only failures of this class, such as bad-input or timeout")
    .option("--step <step>", "only failures at this step: its id or name, `read` or `write`")
    .option("--code <code>", "only failures with this error code")
    .option("--limit <count>", "samples to list, the last ones", positiveInteger, 20)
    .option("--checkpoints <folder>", "where the checkpoints are (default: inside the output folder)")
    .option("--json", "as JSON")
    .action(async (output: string, options: QuarantineListOptions) => {
      const { quarantineListCommand } = await import("./quarantine-list-command.ts");
      process.exitCode = await quarantineListCommand(output, options);
    });
  quarantine
    .command("show")
    .description("Show everything about a failed sample, with the stack and what to do.")
    .argument("<output>", "output folder of the run, finished or not")
    .argument("<id>", "id of the sample")
    .option("--checkpoints <folder>", "where the checkpoints are (default: inside the output folder)")
    .option("--json", "as JSON")
    .action(async (output: string, id: string, options: { readonly checkpoints?: string; readonly json?: true }) => {
      const { quarantineShowCommand } = await import("./quarantine-show-command.ts");
      process.exitCode = await quarantineShowCommand(output, id, options);
    });
}

/** `pipeline verify`: holds a dataset to its manifest. */
export function addVerify(program: Command): void {
  const command = program
    .command("verify")
    .description("Read a dataset from end to end and hold it to its manifest; --repair runs again what is damaged.")
    .argument("<output>", "output folder of a finished run");
  withExecutorFlags(withRecordedFlags(command))
    .option("--repair", "run again the splits whose files are damaged or lost")
    .option("--json", "as JSON")
    .action(async (output: string, options: VerifyOptions & { readonly [option: string]: unknown }) => {
      const { verifyCommand } = await import("./verify-command.ts");
      process.exitCode = await verifyCommand(output, planFlags(options), await givenExecutor(options), options);
    });
}

/** `pipeline retry`: gives failed samples another try. */
export function addRetry(program: Command): void {
  const command = program
    .command("retry")
    .description("Try failed samples of a finished run again, and add what comes of them to the same dataset.")
    .argument("<output>", "output folder of a finished run")
    .option("--class <class>", "only failures of this class, such as bad-input or timeout")
    .option("--step <step>", "only failures at this step: its id or name, `read` or `write`")
    .option("--code <code>", "only failures with this error code");
  withExecutorFlags(withRecordedFlags(command, ["maxFailureRatio"]))
    .option("--json", "one event a line on standard output, for machines")
    .option("--quiet", "print errors only")
    .action(async (output: string, options: RetryOptions & { readonly [option: string]: unknown }) => {
      const { retryCommand } = await import("./retry-command.ts");
      process.exitCode = await retryCommand(output, planFlags(options), await givenExecutor(options), options);
    });
}

/** Flags of commands that run a plan which a ledger holds: how, never what. */
function withRecordedFlags(command: Command, more: readonly SettingName[] = []): Command {
  return withPlanFlags(command, [
    "checkpoints",
    "workers",
    "memoryBudget",
    "batchSize",
    "maxAttempts",
    "sampleTimeout",
    "stallTimeout",
    ...more,
  ]);
}
