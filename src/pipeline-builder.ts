import { stringify } from "yaml";
import type { z } from "zod";
import type { builtinCatalog } from "./builtin-catalog.ts";
import { isJsonObject, type JsonObject } from "./model/json.ts";
import { documentOfValue } from "./plan/parse-pipeline-file.ts";
import type { RunOptionsInput } from "./plan/pipeline-file-schema.ts";

type Builtins = typeof builtinCatalog;

export type SourceName = keyof Builtins["sources"];
export type OperatorName = keyof Builtins["operators"];
export type SinkName = keyof Builtins["sinks"];

type LoadedBy<Loader> = Loader extends () => Promise<infer Spec> ? Spec : never;
type InputOf<Loader> =
  LoadedBy<Loader> extends { readonly options: infer Schema extends z.ZodType } ? z.input<Schema> : never;

/** Options as a pipeline file takes them, from the component's own schema: what has a default may be left out. */
export type SourceOptions<Name extends SourceName> = InputOf<Builtins["sources"][Name]>;
export type OperatorOptions<Name extends OperatorName> = InputOf<Builtins["operators"][Name]>;
export type SinkOptions<Name extends SinkName> = InputOf<Builtins["sinks"][Name]>;

/** No options need be given where none is required. */
type OptionsArgument<Options> = Partial<Options> extends Options ? [options?: Options] : [options: Options];

/** A pipeline without its source. */
export interface PipelineStart {
  source<Name extends SourceName>(name: Name, ...options: OptionsArgument<SourceOptions<Name>>): PipelineSteps;
}

/** A pipeline without its sink. */
export interface PipelineSteps {
  /**
   * Adds a step behind those there are. An operator of your own is a step too: write it as a module and name the
   * module with `.step("map-module", { module: "./my-operator.ts" })`. Workers are other processes, to which a path
   * can be sent and a function cannot.
   */
  step<Name extends OperatorName>(name: Name, ...options: OptionsArgument<OperatorOptions<Name>>): PipelineSteps;
  sink<Name extends SinkName>(name: Name, ...options: OptionsArgument<SinkOptions<Name>>): Pipeline;
}

/** A pipeline that can run. Immutable: each method answers a new one. */
export interface Pipeline {
  /** Folder that the dataset goes to; relative to the working directory. */
  output(folder: string): Pipeline;
  /** Where all randomness comes from; 0 unless set. */
  seed(seed: number): Pipeline;
  /** How it runs: the section `run` of a pipeline file. Adds to what was set before. */
  settings(settings: RunOptionsInput): Pipeline;
  /** The same pipeline as the data of a pipeline file. Throws INVALID_OPTION when an option is no plain data. */
  toPipelineFile(): JsonObject;
  /** The same pipeline as a YAML file: it resolves to the same plan when it lies in the working directory. */
  toYaml(): string;
}

interface Parts {
  readonly source: unknown;
  readonly steps: readonly unknown[];
  readonly sink?: unknown;
  readonly output?: string;
  readonly seed?: number;
  readonly run?: RunOptionsInput;
}

/**
 * Begins a pipeline in code: `pipeline().source(…).step(…).sink(…).output(…)`. Names and options are checked
 * by the compiler, against the schemas that check a pipeline file, and give the very plan that the file gives.
 * Relative paths are relative to the working directory.
 */
export function pipeline(): PipelineStart {
  return { source: (name, ...options) => stepsOf({ source: use(name, options), steps: [] }) };
}

function stepsOf(parts: Parts): PipelineSteps {
  return {
    step: (name, ...options) => stepsOf({ ...parts, steps: [...parts.steps, use(name, options)] }),
    sink: (name, ...options) => pipelineOf({ ...parts, sink: use(name, options) }),
  };
}

function pipelineOf(parts: Parts): Pipeline {
  const toPipelineFile = (): JsonObject => {
    const { value } = documentOfValue(parts, "code");
    return isJsonObject(value) ? value : {};
  };
  return {
    output: (output) => pipelineOf({ ...parts, output }),
    seed: (seed) => pipelineOf({ ...parts, seed }),
    settings: (settings) => pipelineOf({ ...parts, run: { ...parts.run, ...settings } }),
    toPipelineFile,
    toYaml: () => stringify(toPipelineFile()),
  };
}

function use(name: string, options: readonly unknown[]): unknown {
  return options[0] === undefined ? name : { [name]: options[0] };
}
