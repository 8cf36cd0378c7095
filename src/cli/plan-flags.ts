import { type Command, Option } from "commander";
import { type Flags, type SettingName, settingOverrides } from "../plan/settings-overrides.ts";

const descriptions: { readonly [Setting in SettingName]: readonly [placeholder: string, description: string] } = {
  output: ["folder", "output folder"],
  workers: ["count", "worker processes: a number, a range such as 2-32, or auto"],
  memoryBudget: ["size", "decoded bytes that all workers together may hold, such as 512MiB"],
  checkpoints: ["folder", "where the checkpoints go (default: inside the output folder)"],
  batchSize: ["count", "samples handed to a batch step at once"],
  streaming: ["true|false", "false writes the output of every step for inspection"],
  maxFailureRatio: ["ratio", "failed / read samples above which the run stops, 0 to 1"],
  maxAttempts: ["count", "attempts at a split before it is given up"],
  keepCheckpoints: ["count", "checkpoints that stay as places to go back to"],
  resumeFrom: ["checkpoint", "go back to this checkpoint first, such as checkpoint_000123; once per value"],
  sampleTimeout: ["time", "longest time that the steps may take for one sample, such as 5m"],
  stallTimeout: ["time", "time without progress after which the run says what is stuck, such as 60s"],
  checkpointInterval: ["time", "longest time from a finished split to its checkpoint, such as 2s"],
  seed: ["number", "where all randomness comes from"],
};

const settings = Object.entries(settingOverrides).map(([setting, { flag }]) => ({ setting, flag }));

/** Adds the flags that go before values of the pipeline file: every one, or those that are named. */
export function withPlanFlags(command: Command, only?: readonly SettingName[]): Command {
  for (const { setting, flag } of settings) {
    if (only !== undefined && !(isSetting(setting) && only.includes(setting))) continue;
    const [placeholder, description] = isSetting(setting) ? descriptions[setting] : ["value", ""];
    command.addOption(new Option(`${flag} <${placeholder}>`, description));
  }
  return command;
}

/** The values of those flags that were given; the plan parses them as the file's own. */
export function planFlags(given: { readonly [option: string]: unknown }): Flags {
  return Object.fromEntries(
    settings.flatMap(({ setting, flag }) => {
      const value = given[new Option(flag).attributeName()];
      return typeof value === "string" ? [[setting, value]] : [];
    }),
  );
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(descriptions, name);
}
