import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type {
  ClusterState,
  Executor,
  StageResources,
  Task,
  TaskObserver,
  WorkerSetup,
} from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { asPipelineError, PipelineError } from "../../model/errors.ts";
import { Changes } from "../changes.ts";
import type { BridgeLauncher } from "./bridge-launcher.ts";
import { BridgeSession } from "./bridge-session.ts";
import { CallbackServer } from "./callback-server.ts";
import { CapacityWatch } from "./capacity-watch.ts";
import { type LinkPatience, linkPatience } from "./frame-link.ts";
import { lostNode } from "./host-link.ts";
import { withSharedStorage } from "./shared-storage.ts";
import type { Slot } from "./slot.ts";
import { capacityProblem } from "./slot-demand.ts";
import { SlotPool } from "./slot-pool.ts";

export interface RayExecutorOptions {
  readonly launcher: BridgeLauncher;
  /** Where workers' hosts call when the launcher does not say; undefined: at the address of the bridge's node. */
  readonly callbackHost: string | undefined;
  readonly callbackPort: number;
  /** Module that exports `builtinCatalog` or `catalog`, at the same place on every node. */
  readonly catalogModule: URL;
  /** What a worker takes that tries what the whole plan needs. */
  readonly preflightResources: StageResources;
  /** Workers that are kept, and that there are at most. */
  readonly minWorkers: number;
  readonly workers: number;
  readonly patience?: LinkPatience;
  /** Time in which a lost bridge must be found again, and in which a worker must get a place. */
  readonly reconnectSeconds?: number;
  readonly capacitySeconds?: number;
}

const lookMilliseconds = 1000;
/** After this long somebody who only asks is told what is missing. */
const preflightSeconds = 30;

/**
 * Worker processes on the nodes of a Ray cluster. Ray gives each its place, and the bridge, a driver of Ray's, tells what
 * becomes of it; tasks and what comes of them go between this process and the workers' hosts, without Ray. A bridge
 * that is lost, with the cluster's head say, costs what was running, and is started again.
 */
export function createRayExecutor(options: RayExecutorOptions): Executor {
  return new RayExecutor(options);
}

class RayExecutor implements Executor {
  readonly #options: RayExecutorOptions;
  readonly #patience: LinkPatience;
  readonly #name = randomUUID().slice(0, 4);
  readonly #closed = new AbortController();
  #setup: WorkerSetup | undefined;
  #observer: TaskObserver | undefined;
  #session: BridgeSession | undefined;
  #callbacks: CallbackServer | undefined;
  #pool: SlotPool | undefined;
  #stage = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #changes = new Changes();
  readonly #capacity = new CapacityWatch();
  #problem: string | null = null;
  #told: ClusterState | undefined;
  #failure: PipelineError | undefined;

  constructor(options: RayExecutorOptions) {
    this.#options = options;
    this.#patience = options.patience ?? linkPatience;
  }

  async open(setup: WorkerSetup, observer: TaskObserver): Promise<void> {
    this.#setup = setup;
    this.#observer = observer;
    await this.#connect();
    this.#timer = setInterval(() => this.#look(), lookMilliseconds);
    // Workers start while the input is listed.
    this.#pool?.wait(true);
  }

  get slots(): number {
    return this.#pool?.open ?? 0;
  }

  async vacancy(stage: number, stopped: AbortSignal): Promise<void> {
    if (stopped.aborted) return;
    await this.#useStage(stage);
    for (;;) {
      const failure = this.#failure ?? this.#pool?.failure;
      if (failure !== undefined) throw failure;
      if (stopped.aborted || this.#pool?.free() !== undefined) {
        this.#capacity.wait(false, secondsNow());
        this.#pool?.wait(false);
        return;
      }
      this.#pool?.wait(true);
      this.#capacity.wait(true, secondsNow());
      await this.#changes.next(stopped);
    }
  }

  async run(task: Task): Promise<Receipt> {
    const slot = this.#pool?.free();
    const setup = this.#setup;
    if (setup === undefined)
      throw new PipelineError("PROTOCOL", "a task was handed out before the executor was opened");
    // Between the vacancy and its task, a worker can be lost as at any time.
    if (slot?.host === undefined) throw lostNode("a node", "it was lost before its task began", "killed");
    const { host } = slot;
    slot.state = "busy";
    this.#observer?.taskStarted(slot.worker, { stage: task.stage, split: task.split }, task.attempt);
    try {
      if (slot.hasSeenStorage) return await host.run(task, []);
      return await withSharedStorage(setup, task, slot.number, (mustSee) => host.run(task, mustSee));
    } finally {
      this.#giveBack(slot);
    }
  }

  async preflight(request: PreflightRequest): Promise<PreflightReport> {
    await this.#connect();
    const pool = this.#newPool(this.#options.preflightResources, "check");
    this.#pool = pool;
    const waiting = setInterval(() => pool.look(), lookMilliseconds);
    try {
      pool.wait(true);
      const started = secondsNow();
      while (pool.free() === undefined) {
        if (pool.failure !== undefined) throw pool.failure;
        const seconds = secondsNow() - started;
        if (seconds > preflightSeconds)
          throw new PipelineError("CAPACITY_MISSING", capacityProblem(pool.resources, pool.nodes, seconds));
        if (this.#closed.signal.aborted) throw new PipelineError("WORKER_LOST", "it was told to end");
        await this.#changes.next(this.#closed.signal);
      }
      const slot = pool.free();
      if (slot?.host === undefined) throw new PipelineError("PROTOCOL", "a free slot has no host");
      slot.state = "busy";
      return await slot.host.preflight(this.#options.catalogModule.href, request);
    } finally {
      clearInterval(waiting);
      await this.close("now");
    }
  }

  async close(how: "drain" | "now"): Promise<void> {
    clearInterval(this.#timer);
    this.#closed.abort();
    this.#changes.tell();
    await this.#pool?.close(how);
    await this.#session?.close();
    this.#callbacks?.close();
  }

  async #connect(): Promise<void> {
    const { launcher, callbackHost, callbackPort } = this.#options;
    const session = await BridgeSession.open(launcher, this.#closed.signal);
    if (this.#closed.signal.aborted) {
      await session.close();
      throw new PipelineError("RAY_LOST", "the run was told to end while it joined the cluster");
    }
    this.#session = session;
    this.#callbacks =
      session.callbacks ??
      (await CallbackServer.open(callbackHost ?? session.ready.address, callbackPort, this.#patience));
    if (this.#setup !== undefined) this.#pool = this.#newPool(resourcesOf(this.#setup, this.#stage), `s${this.#stage}`);
    session.observe({
      event: (event) => this.#pool?.onBridge(event),
      lost: (reason) => void this.#reconnect(reason),
    });
    this.#problem = null;
    this.#changedCluster();
  }

  /** The bridge is lost and everything that it started: what was running is lost too, and tried again by whoever asked. */
  async #reconnect(reason: string): Promise<void> {
    const { reconnectSeconds = 300 } = this.#options;
    const deadline = performance.now() + reconnectSeconds * 1000;
    this.#session = undefined;
    this.#callbacks?.close();
    this.#pool?.loseAll("the bridge to Ray is lost");
    this.#pool = undefined;
    this.#tellProblem(`the bridge to Ray is lost: ${reason}. It is started again`);
    for (let waitSeconds = 1; !this.#closed.signal.aborted; waitSeconds = Math.min(30, waitSeconds * 2)) {
      try {
        await this.#connect();
        this.#changes.tell();
        return;
      } catch (thrown) {
        const error = asPipelineError(thrown, "RAY_LOST", "the cluster could not be joined again");
        if (!error.isRetryable || performance.now() > deadline) {
          this.#failure = new PipelineError(
            "RAY_LOST",
            `the bridge to Ray was lost (${reason}) and could not be started again: ${error.message}`,
            { cause: error, isRetryable: true },
          );
          this.#changes.tell();
          return;
        }
        this.#tellProblem(`the bridge to Ray is lost and cannot be started again yet: ${error.message}`);
      }
      // Ends early when the executor is closed, which the loop looks at.
      await delay(waitSeconds * 1000, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  /** Workers of one stage that need what those of another have stay; else they are exchanged. */
  async #useStage(stage: number): Promise<void> {
    const setup = this.#setup;
    if (setup === undefined || stage === this.#stage) return;
    this.#stage = stage;
    const pool = this.#pool;
    const resources = resourcesOf(setup, stage);
    if (pool === undefined || JSON.stringify(pool.resources) === JSON.stringify(resources)) return;
    this.#pool = this.#newPool(resources, `s${stage}`);
    await pool.close("drain");
  }

  #newPool(resources: StageResources, label: string): SlotPool {
    const session = this.#session;
    const callbacks = this.#callbacks;
    if (session === undefined || callbacks === undefined)
      throw new PipelineError("PROTOCOL", "workers were asked for before the cluster was joined");
    const { catalogModule, minWorkers, workers } = this.#options;
    return new SlotPool({
      session,
      callbacks,
      name: `mmp-${this.#setup?.planHash.slice(0, 8) ?? "check"}-${this.#name}-${label}`,
      resources,
      setup: this.#setup,
      catalogModule: catalogModule.href,
      least: minWorkers,
      most: workers,
      patience: this.#patience,
      observer: this.#observer,
      onChange: () => {
        this.#changedCluster();
        this.#changes.tell();
      },
    });
  }

  #giveBack(slot: Slot): void {
    if (slot.state === "busy") slot.state = "free";
    slot.hasSeenStorage = true;
    slot.idleSince = performance.now() / 1000;
    this.#changes.tell();
  }

  #look(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    pool.look();
    const { capacitySeconds = 900 } = this.#options;
    const repeatSeconds = this.#setup?.stallTimeoutSeconds ?? 60;
    const { isFine, told, isOver } = this.#capacity.look(pool, secondsNow(), repeatSeconds, capacitySeconds);
    if (isOver === true && told !== undefined) {
      this.#failure ??= new PipelineError("CAPACITY_MISSING", told, { isRetryable: true });
      this.#changes.tell();
    } else if (told !== undefined) this.#tellProblem(told);
    else if (isFine && this.#problem !== null) {
      this.#problem = null;
      this.#changedCluster();
    }
  }

  #tellProblem(problem: string): void {
    this.#problem = problem;
    this.#changedCluster();
  }

  #changedCluster(): void {
    const pool = this.#pool;
    const nodes = pool?.nodes.length ?? 0;
    const state = { nodes, workers: pool?.open ?? 0, pending: pool?.pending ?? 0, problem: this.#problem };
    if (JSON.stringify(state) === JSON.stringify(this.#told)) return;
    this.#told = state;
    this.#observer?.clusterChanged(state);
  }
}

function secondsNow(): number {
  return performance.now() / 1000;
}

function resourcesOf({ resources }: WorkerSetup, stage: number): StageResources {
  const [first] = resources;
  const asked = resources[stage] ?? first;
  if (asked === undefined) throw new PipelineError("PROTOCOL", "a plan without a stage");
  return asked;
}
