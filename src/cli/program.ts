import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import { packageVersion } from "../model/package-version.ts";
import { addCheckpoints } from "./checkpoints-program.ts";
import { addExplain, addQuarantine, addRetry, addVerify } from "./dataset-program.ts";
import { givenExecutor, withExecutorFlags } from "./executor-flags.ts";
import { exitCodes } from "./exit-code.ts";
import { planFlags, withPlanFlags } from "./plan-flags.ts";
import { positiveInteger } from "./positive-integer.ts";
import { addRay } from "./ray-program.ts";
import { addHealth, addServe } from "./serve-program.ts";
import { terminal } from "./terminal.ts";

/** Parses the command line, runs the command and sets the exit code. Commands load when they are asked for. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await createProgram(argv).parseAsync([...argv]);
  } catch (thrown) {
    process.exitCode = await exitCodeAfter(thrown);
  }
  await terminal.flush();
}

async function exitCodeAfter(thrown: unknown): Promise<number> {
  // Commander has printed its own; it throws to leave, after help as well.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { printError } = await import("./print-error.ts");
  return printError(thrown);
}

function createProgram(argv: readonly string[]): Command {
  const program = new Command("pipeline")
    .description("Turns folders of raw images, video, audio, text and documents into training shards.")
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text, write) =>
        write(`${text.replace(/^error: /, "error USAGE: ").trimEnd()}\nSee \`pipeline help <command>\`.`),
    })
    .exitOverride();
  // Reading package.json costs a little, so only who asks pays.
  if (argv.includes("--version") || argv.includes("-V")) program.version(packageVersion());
  else program.option("-V, --version", "output the version number");
  for (const add of [addRun, addInit, addCheck, addPlan, addDescribe, addOperators]) add(program);
  addServe(program, packageVersion);
  addHealth(program, packageVersion);
  for (const add of [addExplain, addQuarantine, addRetry, addVerify, addCheckpoints, addGpu, addRay]) add(program);
  return program;
}

/** What commander parsed; the flags of the plan are taken out by `planFlags`. */
interface GivenOptions {
  readonly [option: string]: unknown;
  readonly json?: true;
  readonly logJson?: true;
  readonly quiet?: true;
  readonly profile?: string;
}

function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("Run a pipeline file, or look at a folder or file, choose sensible steps and run them.")
    .argument("<input>", "pipeline file (YAML or JSON), or a folder or file of raw data");
  withExecutorFlags(withPlanFlags(command))
    .option("--json", "one event a line on standard output, for machines")
    .option("--log-json", "a log of JSON lines on standard output, for log collectors; LOG_LEVEL says how much")
    .option("--quiet", "print errors only")
    .addOption(
      new Option(
        "--profile [folder]",
        "write a CPU profile of every process to this folder, and say at the end where the workers' time went (default: profile)",
      ).preset("profile"),
    )
    .action(async (input: string, options: GivenOptions) => {
      const executor = await givenExecutor(options);
      const { prestartWorker } = await import("../executors/local/prestart-worker.ts");
      const firstWorker = executor.kind === "local" ? { firstWorker: prestartWorker() } : {};
      try {
        const { runCommand } = await import("./run-command.ts");
        process.exitCode = await runCommand(input, planFlags(options), { ...options, executor, ...firstWorker });
      } finally {
        await firstWorker.firstWorker?.close("now");
      }
    });
}

function addInit(program: Command): void {
  program
    .command("init")
    .description("Write a commented pipeline file for the input that it finds.")
    .argument("[input]", "folder or file of raw data (default: the current folder)")
    .option("--out <file>", "file to write; never overwritten", "pipeline.yaml")
    .action(async (input: string | undefined, options: { readonly out: string }) => {
      const { initCommand } = await import("./init-command.ts");
      process.exitCode = await initCommand(input ?? ".", options.out);
    });
}

function addCheck(program: Command): void {
  const command = program
    .command("check")
    .description(
      "Check a pipeline file: schema, components, types across steps, touching neither input nor network; with --deep also whether a run can begin and has what it needs.",
    )
    .argument("<pipeline>", "pipeline file (YAML or JSON)");
  withExecutorFlags(withPlanFlags(command))
    .option("--deep", "look at the input, try samples in a worker, prove that the output can be written and fits")
    .option("--json", "findings as JSON")
    .action(async (file: string, options: GivenOptions & { readonly deep?: true }) => {
      const { checkCommand } = await import("./check-command.ts");
      process.exitCode = await checkCommand(file, planFlags(options), await givenExecutor(options), options);
    });
}

function addPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("List the input; show splits, stages and bytes; with --probe also cost and yield of every step.")
    .argument("<pipeline>", "pipeline file (YAML or JSON)");
  withPlanFlags(command)
    .option("--probe <samples>", "run so many samples, spread over the splits, through the steps", positiveInteger)
    .option("--json", "as JSON")
    .action(async (file: string, options: GivenOptions & { readonly probe?: number }) => {
      const { planCommand } = await import("./plan-command.ts");
      process.exitCode = await planCommand(file, planFlags(options), options);
    });
}

function addDescribe(program: Command): void {
  const command = program
    .command("describe")
    .description("Print the resolved plan and where each value came from.")
    .argument("<pipeline>", "pipeline file (YAML or JSON)");
  withPlanFlags(command)
    .option("--json", "as JSON")
    .action(async (file: string, options: GivenOptions) => {
      const { describeCommand } = await import("./describe-command.ts");
      process.exitCode = await describeCommand(file, planFlags(options), options);
    });
}

function addOperators(program: Command): void {
  program
    .command("operators")
    .description("List sources, operators and sinks, or describe one.")
    .argument("[name]", "a component's name")
    .option("--json", "as JSON, with JSON Schemas of the options")
    .action(async (name: string | undefined, options: { readonly json?: true }) => {
      const { operatorsCommand } = await import("./operators-command.ts");
      process.exitCode = await operatorsCommand(name, options);
    });
}

function addGpu(program: Command): void {
  program
    .command("gpu")
    .description("Show the GPUs, what would use them, and what is wrong with their settings; exit code 1 for an error.")
    .option("--json", "as JSON")
    .action(async (options: { readonly json?: true }) => {
      const { gpuCommand } = await import("./gpu-command.ts");
      process.exitCode = await gpuCommand(options);
    });
}
