import { setTimeout as delay } from "node:timers/promises";
import { type StageResources, type TaskObserver, WorkerLost, type WorkerSetup } from "../../contract/executor.ts";
import { asPipelineError, PipelineError } from "../../model/errors.ts";
import type { Json } from "../../model/json.ts";
import { packageVersion } from "../../model/package-version.ts";
import type { ClusterNode } from "./bridge-message.ts";
import type { BridgeEvent, BridgeSession } from "./bridge-session.ts";
import type { CallbackServer, Caller } from "./callback-server.ts";
import type { LinkPatience } from "./frame-link.ts";
import { gpuSettings, hostCommand } from "./host-command.ts";
import { HostLink, lostNode } from "./host-link.ts";
import type { Slot } from "./slot.ts";
import { additionalDemand, roomFor, roomOn } from "./slot-demand.ts";

/** Time in which Ray mostly says why an actor ended whose program is gone. */
const reasonSeconds = 2;
/** A worker without a task for so long is given back. */
const idleSeconds = 30;
const mostFailuresInARow = 5;
const mostBackoffSeconds = 8;
export interface PoolRequest {
  readonly session: BridgeSession;
  readonly callbacks: CallbackServer;
  /** Begins the names of its actors. */
  readonly name: string;
  readonly resources: StageResources;
  readonly setup: WorkerSetup | undefined;
  readonly catalogModule: string;
  readonly least: number;
  readonly most: number;
  readonly patience: LinkPatience;
  readonly observer: TaskObserver | undefined;
  /** Whenever a slot came, went or became free. */
  onChange(): void;
}

let lastSlot = 0;

/**
 * The workers of a stage in a cluster: asked for as there is work and room for them, replaced when they are lost, given
 * back when they are idle.
 */
export class SlotPool {
  readonly #request: PoolRequest;
  readonly #slots = new Map<number, Slot>();
  #nodes: readonly ClusterNode[];
  #isWaiting = false;
  #isClosed = false;
  #failuresInARow = 0;
  #hasOpened = false;
  #mayAskAt = 0;
  /** Why there will be no worker. */
  failure: PipelineError | undefined;

  constructor(request: PoolRequest) {
    this.#request = request;
    this.#nodes = request.session.nodes;
  }

  get resources(): StageResources {
    return this.#request.resources;
  }

  get nodes(): readonly ClusterNode[] {
    return this.#nodes;
  }

  /** Workers that take tasks. */
  get open(): number {
    return this.#count((slot) => slot.state === "free" || slot.state === "busy");
  }

  /** Workers that were asked for and cannot take tasks yet. */
  get pending(): number {
    return this.#count((slot) => slot.state === "pending" || slot.state === "placed");
  }

  /** The slot that is free for longest, or undefined. */
  free(): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.#slots.values()) {
      if (slot.state === "free" && (found === undefined || slot.idleSince < found.idleSince)) found = slot;
    }
    return found;
  }

  /** To be called when there may be more tasks than free workers, or no longer. */
  wait(isWaiting: boolean): void {
    this.#isWaiting = isWaiting;
    if (isWaiting) this.#ask();
  }

  /** To be called every second or so. */
  look(): void {
    if (this.#isWaiting) return this.#ask();
    const now = performance.now() / 1000;
    for (const slot of this.#slots.values()) {
      if (this.#slots.size <= this.#request.least) return;
      if (slot.state === "busy" || slot.state === "retired" || now - slot.idleSince < idleSeconds) continue;
      this.#retire(slot);
    }
  }

  onBridge(event: BridgeEvent): void {
    if (event.type === "nodes") {
      this.#nodes = event.nodes;
      this.#request.onChange();
      return;
    }
    const slot = this.#slots.get(event.slot);
    if (slot === undefined) return;
    if (event.type === "placed") {
      const isShared = this.#nodes.filter(({ machine }) => machine === event.machine).length > 1;
      slot.state = "placed";
      slot.node = isShared ? `${event.machine} (${event.node.slice(0, 8)})` : event.machine;
      slot.nodeId = event.node;
      slot.placed.resolve();
      this.#ask();
      return;
    }
    slot.gone.resolve({ end: event.end === "memory" ? "memory" : "killed", reason: event.reason });
    // With a host it is the end of the connection that counts: what it said last may be on its way.
    if (slot.host === undefined) this.#lose(slot, event.end === "memory" ? "memory" : "killed", event.reason);
  }

  /** Every slot is lost with the bridge. */
  loseAll(reason: string): void {
    this.#isClosed = true;
    for (const slot of this.#slots.values()) {
      slot.host?.lose(lostNode(slot.node, reason, "killed"));
      this.#remove(slot);
      if (slot.state !== "retired") this.#request.observer?.workerLost(slot.worker, "killed", reason);
    }
  }

  /** Resolves when every worker is gone. */
  async close(how: "drain" | "now"): Promise<void> {
    this.#isClosed = true;
    await Promise.all(
      [...this.#slots.values()].map(async (slot) => {
        slot.state = "retired";
        await slot.host?.close(how);
        this.#request.session.send({ type: "retire", slot: slot.number });
      }),
    );
  }

  /** Whether it was still there. */
  #remove(slot: Slot): boolean {
    if (slot.ticket !== undefined) this.#request.callbacks.forget(slot.ticket);
    slot.placed.resolve();
    return this.#slots.delete(slot.number);
  }

  #count(of: (slot: Slot) => boolean): number {
    let count = 0;
    for (const slot of this.#slots.values()) if (of(slot)) count++;
    return count;
  }

  #ask(): void {
    if (this.#isClosed || this.failure !== undefined || performance.now() < this.#mayAskAt) return;
    const { least, most, resources } = this.#request;
    const pending = this.#count((slot) => slot.state === "pending");
    const placed = this.#count((slot) => slot.state !== "pending" && slot.state !== "retired");
    const facts = { least, most, placed, pending, isWaiting: this.#isWaiting, room: roomFor(resources, this.#nodes) };
    // Counted first: an answer to the first order may already ask again.
    const slots = Array.from({ length: additionalDemand(facts) }, () => this.#addSlot());
    for (const slot of slots) this.#order(slot);
    this.#request.onChange();
  }

  #addSlot(): Slot {
    const taken = new Set([...this.#slots.values()].map((slot) => slot.worker));
    let worker = 0;
    while (taken.has(worker)) worker++;
    const slot: Slot = {
      number: ++lastSlot,
      worker,
      state: "pending",
      ticket: undefined,
      node: "",
      nodeId: "",
      host: undefined,
      hasSeenStorage: false,
      idleSince: performance.now() / 1000,
      placed: Promise.withResolvers(),
      gone: Promise.withResolvers(),
    };
    this.#slots.set(slot.number, slot);
    return slot;
  }

  #order(slot: Slot): void {
    const { session, callbacks, name, resources, patience } = this.#request;
    const ticket = callbacks.expect((caller) => void this.#meet(slot, caller));
    slot.ticket = ticket;
    session.send({
      type: "create",
      slot: slot.number,
      name: `${name}-${slot.number}`,
      ...resources,
      command: hostCommand,
      environment: resources.gpus > 0 ? gpuSettings() : {},
      configuration: JSON.stringify({ ticket, ...patience }),
    });
  }

  async #meet(slot: Slot, { link, hello }: Caller): Promise<void> {
    const { setup, catalogModule, observer } = this.#request;
    // Its program may be faster than the news of its place.
    await slot.placed.promise;
    if (this.#slots.get(slot.number) !== slot || slot.state === "retired") return link.end("it is needed no more");
    const host = new HostLink(link, slot.worker, slot.node, observer);
    slot.host = host;
    void host.ended.then((reason) => this.#end(slot, reason));
    try {
      if (hello.version !== packageVersion()) throw otherVersion(slot, hello.version);
      const node = this.#nodes.find(({ id }) => id === slot.nodeId);
      const sharers = node === undefined ? 1 : Math.max(1, roomOn(this.#request.resources, node));
      if (setup !== undefined) await host.open(catalogModule, setup, sharers);
    } catch (thrown) {
      return this.#refuse(slot, asPipelineError(thrown, "OPERATOR_UNAVAILABLE", "the worker cannot open the plan"));
    }
    this.#hasOpened = true;
    this.#failuresInARow = 0;
    slot.idleSince = performance.now() / 1000;
    slot.state = "free";
    this.#request.onChange();
  }

  /** The connection to a host has ended: Ray may know why. */
  async #end(slot: Slot, reason: string): Promise<void> {
    if (this.#slots.get(slot.number) !== slot) return;
    const timeout = new AbortController();
    const cause = await Promise.race([
      slot.gone.promise,
      delay(reasonSeconds * 1000, { end: "killed", reason } as const, { signal: timeout.signal, ref: false }),
    ]);
    timeout.abort();
    this.#lose(slot, cause.end, cause.reason);
  }

  #lose(slot: Slot, end: "killed" | "memory", reason: string): void {
    if (!this.#remove(slot)) return;
    const { session, observer } = this.#request;
    const loss = lostNode(slot.node, reason, end);
    slot.host?.lose(loss);
    session.send({ type: "retire", slot: slot.number });
    if (slot.state === "retired" || this.#isClosed) return;
    const hasServed = slot.state === "free" || slot.state === "busy";
    if (hasServed) observer?.workerLost(slot.worker, end, reason);
    else this.#countFailure(loss);
    this.#ask();
    this.#request.onChange();
  }

  /** The worker is there and does not do. */
  #refuse(slot: Slot, error: PipelineError): void {
    // Whoever is lost meanwhile is counted already.
    if (!this.#remove(slot)) return;
    void slot.host?.close("now");
    this.#request.session.send({ type: "retire", slot: slot.number });
    // Where others have opened the plan it is the node that differs.
    if (!this.#hasOpened && !(error instanceof WorkerLost)) this.failure ??= error;
    this.#countFailure(error);
    this.#request.onChange();
  }

  #countFailure(error: PipelineError): void {
    this.#failuresInARow++;
    if (this.#failuresInARow >= mostFailuresInARow) this.failure ??= error;
    const seconds = Math.min(mostBackoffSeconds, 2 ** (this.#failuresInARow - 1));
    this.#mayAskAt = performance.now() + seconds * 1000;
  }

  #retire(slot: Slot): void {
    slot.state = "retired";
    this.#remove(slot);
    void slot.host?.close("drain");
    this.#request.session.send({ type: "retire", slot: slot.number });
    this.#request.observer?.activity(slot.worker, { doing: "stopped" });
    this.#request.onChange();
  }
}

function otherVersion(slot: Slot, version: Json | undefined): PipelineError {
  return new PipelineError(
    "RAY_MISMATCH",
    `the node ${slot.node} has version ${JSON.stringify(version) ?? "none"} of this package, and this process ${packageVersion()}: use one image on the head, the workers and here`,
    { details: { node: slot.node, version: version ?? null } },
  );
}
