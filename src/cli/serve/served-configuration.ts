import type { RunSettings } from "../../contract/run-settings.ts";
import type { ExecutorChoice } from "../../executors/choose-executor.ts";
import { executorLimits } from "../../executors/create-executor.ts";
import { asPipelineError } from "../../model/errors.ts";
import { differingFileKeys } from "../../plan/differing-settings.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { completeSettings } from "../../plan/resolved-settings.ts";
import type { Flags } from "../../plan/settings-overrides.ts";
import { type PipelineText, readPipelineFile } from "../pipeline-input.ts";
import { resolvePipelineText } from "../resolve-input.ts";

const lookSeconds = 2;

interface Configuration {
  readonly text: string;
  readonly resolved: ResolvedPipeline;
  readonly settings: RunSettings;
}

/**
 * A pipeline file that is in effect, and may be changed while it is: a mounted ConfigMap is replaced under the
 * process. What changes is told and waits; it takes effect whole, when `adopt` is called, or not at all.
 */
export class ServedConfiguration {
  readonly #file: string;
  readonly #flags: Flags;
  readonly #executor: ExecutorChoice;
  #effective: Configuration;
  /** The file as it was read last. */
  #seen: string;
  #update: Configuration | undefined;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #told: string | undefined;

  private constructor(file: string, flags: Flags, executor: ExecutorChoice, effective: Configuration) {
    this.#file = file;
    this.#flags = flags;
    this.#executor = executor;
    this.#effective = effective;
    this.#seen = effective.text;
  }

  /** Rejects as `pipeline check` does when the file cannot be read or is not valid. */
  static async open(file: string, flags: Flags, executor: ExecutorChoice): Promise<ServedConfiguration> {
    const effective = await configurationOf(await readPipelineFile(file), flags, executor);
    return new ServedConfiguration(file, flags, executor, effective);
  }

  get resolved(): ResolvedPipeline {
    return this.#effective.resolved;
  }

  get settings(): RunSettings {
    return this.#effective.settings;
  }

  /** A changed file that is valid waits to be adopted. */
  get hasUpdate(): boolean {
    return this.#update !== undefined;
  }

  /** Tells what differs between the file and what is in effect, each time that this changes; undefined: nothing. */
  watch(onDifference: (difference: string | undefined) => void): void {
    this.#timer = setInterval(() => {
      void this.#look((difference) => {
        if (difference === this.#told) return;
        this.#told = difference;
        onDifference(difference);
      });
    }, lookSeconds * 1000).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when `hasUpdate`, or when `signal` is aborted. */
  updated(signal: AbortSignal): Promise<void> {
    if (this.hasUpdate || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Puts the changed file into effect, and answers which keys differ from before. */
  adopt(): readonly string[] {
    if (this.#update === undefined) return [];
    const keys = differingFileKeys(this.#effective.resolved, this.#update.resolved);
    this.#effective = this.#update;
    this.#update = undefined;
    this.#told = undefined;
    return keys;
  }

  async #look(onDifference: (difference: string | undefined) => void): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const read = await readPipelineFile(this.#file);
      if (read.text === this.#seen) return;
      this.#seen = read.text;
      this.#update = undefined;
      const changed = await configurationOf(read, this.#flags, this.#executor);
      const keys = differingFileKeys(this.#effective.resolved, changed.resolved);
      if (keys.length === 0) return onDifference(undefined);
      this.#update = changed;
      onDifference(`the file differs from what is in effect in: ${keys.join(", ")}`);
      for (const resolve of this.#waiting.splice(0)) resolve();
    } catch (error) {
      const { code, message } = asPipelineError(error, "INTERNAL", "unexpected error");
      onDifference(`the file was changed and cannot take effect: ${code}: ${message}`);
    } finally {
      this.#isLooking = false;
    }
  }
}

async function configurationOf(pipeline: PipelineText, flags: Flags, executor: ExecutorChoice): Promise<Configuration> {
  const resolved = await resolvePipelineText(pipeline, flags);
  const limits = executorLimits(executor, resolved.settings.workers);
  return { text: pipeline.text, resolved, settings: completeSettings(resolved.settings, limits) };
}
