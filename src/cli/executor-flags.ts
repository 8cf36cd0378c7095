import process from "node:process";
import { type Command, Option } from "commander";
import { chooseExecutor, type ExecutorChoice } from "../executors/choose-executor.ts";

/** Adds the flags that say where tasks run. */
export function withExecutorFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--executor <where>",
        "where tasks run: on this machine, or in a Ray cluster (default: local, or ray with an address of one)",
      ).choices(["local", "ray"]),
    )
    .option(
      "--ray-address <address>",
      "URL of Ray's dashboard, or host:port of its GCS on this node (or RAY_API_SERVER_ADDRESS, RAY_ADDRESS)",
    );
}

/** What those flags, and the environment behind them, choose. Rejects with INVALID_OPTION. */
export function givenExecutor(given: { readonly [option: string]: unknown }): Promise<ExecutorChoice> {
  return chooseExecutor({ executor: textOf(given.executor), rayAddress: textOf(given.rayAddress) }, process.env);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
