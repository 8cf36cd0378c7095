import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { type KeyPath, pathText } from "./finding.ts";

interface SettingOverride {
  readonly path: KeyPath;
  /** How it is spelled on the command line. */
  readonly flag: string;
  readonly environment?: string;
  readonly reads: "text" | "value";
}

/**
 * Every value of a pipeline file that flags and environment variables go before. The order of
 * precedence is flag, environment, file, default. An environment variable that is empty counts as not set.
 */
export const settingOverrides = {
  output: { path: ["output"], flag: "--to", environment: "OUTPUT_PATH", reads: "text" },
  workers: { path: ["run", "workers"], flag: "--workers", environment: "PIPELINE_WORKERS", reads: "value" },
  memoryBudget: {
    path: ["run", "memoryBudget"],
    flag: "--memory-budget",
    environment: "PIPELINE_MEMORY_BUDGET",
    reads: "value",
  },
  checkpoints: {
    path: ["run", "checkpoints", "folder"],
    flag: "--checkpoints",
    environment: "PIPELINE_CHECKPOINTS",
    reads: "text",
  },
  keepCheckpoints: { path: ["run", "checkpoints", "keep"], flag: "--keep-checkpoints", reads: "value" },
  resumeFrom: {
    path: ["run", "resumeFrom"],
    flag: "--resume-from",
    environment: "RESUME_FROM_CHECKPOINT",
    reads: "text",
  },
  sampleTimeout: { path: ["run", "sampleTimeout"], flag: "--sample-timeout", reads: "value" },
  stallTimeout: { path: ["run", "stallTimeout"], flag: "--stall-timeout", reads: "value" },
  batchSize: { path: ["run", "batchSize"], flag: "--batch-size", reads: "value" },
  streaming: { path: ["run", "streaming"], flag: "--streaming", reads: "value" },
  maxFailureRatio: { path: ["run", "maxFailureRatio"], flag: "--max-failure-ratio", reads: "value" },
  maxAttempts: { path: ["run", "maxAttempts"], flag: "--max-attempts", reads: "value" },
  checkpointInterval: { path: ["run", "checkpointInterval"], flag: "--checkpoint-interval", reads: "value" },
  seed: { path: ["seed"], flag: "--seed", reads: "value" },
} as const satisfies { readonly [setting: string]: SettingOverride };

export type SettingName = keyof typeof settingOverrides;

/** Values of flags, by setting. What is undefined was not given. */
export type Flags = { readonly [Setting in SettingName]?: string | number | boolean | undefined };

/** Where an overriding value came from. */
export interface Override {
  readonly from: "flag" | "environment" | "code";
  /** `--workers`, `PIPELINE_WORKERS`, `overrides.workers`. */
  readonly name: string;
}

export interface OverriddenDocument {
  readonly value: Json;
  /** By the path's text. */
  readonly overrides: ReadonlyMap<string, Override>;
}

/** The document with the values of flags and environment in the places of the file's. `flagsFrom` code: no command line gave them. */
export function applyOverrides(
  document: Json,
  flags: Flags,
  environment: { readonly [name: string]: string | undefined },
  flagsFrom: "flag" | "code" = "flag",
): OverriddenDocument {
  const overrides = new Map<string, Override>();
  let value = document;
  for (const [setting, known] of Object.entries<SettingOverride>(settingOverrides)) {
    const flagValue = Object.entries(flags).find(([name]) => name === setting)?.[1];
    const environmentValue = known.environment === undefined ? undefined : environment[known.environment];
    if (flagValue !== undefined) {
      value = withValue(value, known.path, readValue(flagValue, known.reads));
      overrides.set(pathText(known.path), {
        from: flagsFrom,
        name: flagsFrom === "flag" ? known.flag : `overrides.${setting}`,
      });
    } else if (known.environment !== undefined && environmentValue !== undefined && environmentValue !== "") {
      value = withValue(value, known.path, readValue(environmentValue, known.reads));
      overrides.set(pathText(known.path), { from: "environment", name: known.environment });
    }
  }
  return { value, overrides };
}

/** Text from a command line is the number or truth value that it spells, where the setting is no text. */
function readValue(given: string | number | boolean, reads: SettingOverride["reads"]): Json {
  if (typeof given !== "string" || reads === "text") return typeof given === "string" ? given : plainOrText(given);
  if (given === "true" || given === "false") return given === "true";
  return /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
}

// JSON knows no NaN: as text the schema refuses it by the name that it has.
function plainOrText(given: number | boolean): Json {
  return typeof given === "boolean" || Number.isFinite(given) ? given : String(given);
}

// What is not a mapping stays as it is: the schema says so.
function withValue(document: Json, path: KeyPath, value: Json): Json {
  const [key, ...rest] = path;
  if (typeof key !== "string") return value;
  if (document !== null && !isJsonObject(document)) return document;
  const members: JsonObject = document ?? {};
  return { ...members, [key]: withValue(members[key] ?? null, rest, value) };
}
