import type { RunEvent } from "../contract/run-event.ts";
import type { ErrorRecord } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { joinUri } from "../storage/uri.ts";
import type { RunSnapshot } from "../telemetry/run-snapshot.ts";
import { MemoryGauge } from "../worker/memory-gauge.ts";
import { CachedCheck } from "./cached-check.ts";
import { EventLoopWatch } from "./event-loop.ts";
import { GpuChecks } from "./gpu-checks.ts";
import { type HealthChecks, type HealthEntry, type HealthReport, healthReport } from "./health-report.ts";
import type { HealthSource, ProbeLine } from "./health-routes.ts";
import { type PlainOutput, plainOutput, withPlainOutput } from "./plain-output.ts";
import { type RunLimits, RunObservations } from "./run-observations.ts";
import { systemChecks } from "./system-checks.ts";

/** What the process is doing about its pipeline. */
export type ServingState =
  | { readonly doing: "starting" | "running" | "finished" }
  /** For input, of which there is none yet. */
  | { readonly doing: "waiting" }
  /** The run failed and is tried again by itself. */
  | { readonly doing: "retrying"; readonly error: ErrorRecord }
  /** The run failed, and only another configuration can help. */
  | { readonly doing: "failed"; readonly error: ErrorRecord };

interface ProcessFacts {
  readonly releaseId: string;
  /** Tells replicas apart. */
  readonly serviceId: string;
  readonly environment: { readonly [name: string]: string | undefined };
}

/** Half of the loop's turns later than this: the process is of no use any more. */
const mostMedianDelayMilliseconds = 2_000;
const warnDelayMilliseconds = 1_000;
const storageCheck = { everySeconds: 5, timeoutSeconds: 5, graceSeconds: 30 };
const secondsNow = () => performance.now() / 1000;

/** The health of a process that serves one pipeline: told what happens, asked by the probes. */
export class ProcessHealth implements HealthSource {
  readonly #facts: ProcessFacts;
  readonly #plainOutput: PlainOutput;
  readonly #gauge = new MemoryGauge();
  readonly #loop = new EventLoopWatch();
  readonly #runs = new RunObservations();
  readonly #gpus: GpuChecks;
  readonly #startedAt = secondsNow();
  #state: ServingState = { doing: "starting" };
  #snapshot: RunSnapshot | undefined;
  #limits: RunLimits | undefined;
  #storage: CachedCheck | undefined;
  #drainSignal: string | undefined;
  #configuration: string | undefined;
  /** Of the last look for new input. */
  #look: { readonly at: number; readonly failure: string | undefined } | undefined;

  constructor(facts: ProcessFacts) {
    this.#facts = facts;
    this.#plainOutput = plainOutput(facts.environment);
    this.#gpus = new GpuChecks(facts.environment.PATH ?? "");
    this.#loop.start();
  }

  /** The plan is known: begins to look at the storage that its output goes to. */
  serves(limits: RunLimits): void {
    this.#limits = limits;
    this.#storage?.stop();
    const storage = storageFor(limits.output);
    this.#storage = new CachedCheck({ ask: () => storage.stat(joinUri(limits.output, "_SUCCESS")), ...storageCheck });
    this.#storage.start();
  }

  is(state: ServingState): void {
    this.#state = state;
  }

  /** From now on no work should be expected. */
  drains(signal: string): void {
    this.#drainSignal = signal;
  }

  /** What differs between the configuration that is in effect and the file; undefined: nothing. */
  configurationDiffers(output: string | undefined): void {
    this.#configuration = output;
  }

  /** New input was looked for; `failure` tells why it could not be. */
  looked(failure: string | undefined): void {
    this.#look = { at: secondsNow(), failure };
  }

  onEvent(event: RunEvent, snapshot: RunSnapshot): void {
    this.#snapshot = snapshot;
    this.#runs.onEvent(event, secondsNow());
  }

  close(): void {
    this.#storage?.stop();
    this.#gpus.stop();
    this.#loop.stop();
  }

  report(): HealthReport {
    const now = new Date();
    const time = now.toISOString();
    const checks: HealthChecks = {
      "run:state": [this.#runState(time)],
      ...this.#runs.checks(this.#snapshot, this.#limits, secondsNow(), time),
      ...(this.#storage === undefined ? {} : { "storage:responseTime": [storageEntry(this.#storage)] }),
      "configuration:file": [this.#configurationEntry(time)],
      ...(this.#look === undefined ? {} : { "input:lastLook": [lookEntry(this.#look, time)] }),
      ...systemChecks(now, this.#gauge),
      ...this.#gpus.checks(),
      "eventLoop:responseTime": [this.#loopEntry(time)],
      uptime: [
        {
          componentType: "system",
          observedValue: Math.round(secondsNow() - this.#startedAt),
          observedUnit: "s",
          status: "pass",
          time,
        },
      ],
    };
    const { releaseId, serviceId } = this.#facts;
    return healthReport(
      { releaseId, serviceId, description: "multimodal-pipeline" },
      withPlainOutput(checks, this.#plainOutput),
    );
  }

  liveness(): readonly ProbeLine[] {
    const { medianMilliseconds } = this.#loop.delay;
    const failure =
      medianMilliseconds < mostMedianDelayMilliseconds
        ? undefined
        : `half of its turns came ${medianMilliseconds} ms late`;
    return [{ name: "eventLoop", failure }];
  }

  readiness(): readonly ProbeLine[] {
    const state = this.#state;
    const storage = this.#storage?.result;
    const storageFailure =
      storage === undefined ? "it was not looked at yet" : storage.status === "fail" ? storage.output : undefined;
    return [
      ...this.startup(),
      { name: "storage", failure: this.#plain(storageFailure) },
      { name: "run", failure: "error" in state ? this.#plain(errorText(state.error)) : undefined },
      { name: "intake", failure: this.#drainSignal === undefined ? undefined : `${this.#drainSignal}: it is stopping` },
    ];
  }

  startup(): readonly ProbeLine[] {
    return [{ name: "plan", failure: this.#limits === undefined ? "the pipeline file is not read yet" : undefined }];
  }

  #plain(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#plainOutput(text);
  }

  #runState(time: string): HealthEntry {
    const state = this.#state;
    const runId = this.#snapshot?.runId ?? "";
    const base = {
      ...(runId === "" ? {} : { componentId: runId }),
      componentType: "component" as const,
      time,
    };
    if ("error" in state)
      return { ...base, observedValue: state.doing, status: "fail", output: errorText(state.error) };
    if (this.#drainSignal !== undefined) return { ...base, observedValue: "stopping", status: "pass" };
    return { ...base, observedValue: state.doing, status: "pass" };
  }

  #configurationEntry(time: string): HealthEntry {
    return this.#configuration === undefined
      ? { componentType: "component", observedValue: "in effect", status: "pass", time }
      : { componentType: "component", observedValue: "changed", status: "warn", time, output: this.#configuration };
  }

  #loopEntry(time: string): HealthEntry {
    const { maxMilliseconds } = this.#loop.delay;
    const isSlow = maxMilliseconds > warnDelayMilliseconds;
    return {
      componentType: "system",
      observedValue: maxMilliseconds,
      observedUnit: "ms",
      status: isSlow ? "warn" : "pass",
      time,
      ...(isSlow ? { output: `a turn of the event loop came ${maxMilliseconds} ms late` } : {}),
    };
  }
}

function lookEntry(
  { at, failure }: { readonly at: number; readonly failure: string | undefined },
  time: string,
): HealthEntry {
  return {
    componentType: "datastore",
    observedValue: Math.round(secondsNow() - at),
    observedUnit: "s",
    status: failure === undefined ? "pass" : "warn",
    time,
    ...(failure === undefined ? {} : { output: `looking for new input failed: ${failure}` }),
  };
}

function errorText({ code, message }: ErrorRecord): string {
  return `${code}: ${message}`;
}

function storageEntry(check: CachedCheck): HealthEntry {
  const { status, milliseconds, output, time } = check.result;
  return {
    componentType: "datastore",
    ...(milliseconds === undefined ? {} : { observedValue: milliseconds, observedUnit: "ms" }),
    status,
    time: time.toISOString(),
    ...(output === undefined ? {} : { output }),
  };
}
