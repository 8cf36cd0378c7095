import { asPipelineError, PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { type BridgeLauncher, type LaunchedBridge, launchSeconds } from "./bridge-launcher.ts";
import {
  type BridgeReady,
  bridgeProtocol,
  type ClusterDescription,
  type ClusterNode,
  type FromBridge,
  parseFromBridge,
  type ToBridge,
} from "./bridge-message.ts";
import type { CallbackServer } from "./callback-server.ts";

export type BridgeEvent = Extract<FromBridge, { readonly type: "nodes" | "placed" | "gone" }>;

export interface BridgeObserver {
  event(event: BridgeEvent): void;
  /** Once, unless it was closed: the bridge is gone, and everything that it started with it. */
  lost(reason: string): void;
}

/** A bridge that has joined the cluster. */
export class BridgeSession {
  readonly ready: BridgeReady;
  /** That are alive, as the bridge told last. */
  nodes: readonly ClusterNode[];
  readonly #bridge: LaunchedBridge;
  #observer: BridgeObserver | undefined;
  readonly #early: BridgeEvent[] = [];
  #describing: ((description: ClusterDescription) => void)[] = [];
  #lostBecause: string | undefined;
  #isClosed = false;

  private constructor(bridge: LaunchedBridge, ready: BridgeReady) {
    this.#bridge = bridge;
    this.ready = ready;
    this.nodes = ready.nodes;
  }

  /** Rejects with RAY_UNREACHABLE, RAY_UNAUTHORIZED or RAY_MISMATCH within a minute, mostly much sooner. */
  static async open(launcher: BridgeLauncher, signal: AbortSignal): Promise<BridgeSession> {
    const bridge = await launcher.launch(signal);
    try {
      return await joined(bridge, signal, (ready) => new BridgeSession(bridge, ready));
    } catch (error) {
      await bridge.close();
      throw error;
    }
  }

  get callbacks(): CallbackServer | undefined {
    return this.#bridge.callbacks;
  }

  observe(observer: BridgeObserver): void {
    this.#observer = observer;
    for (const event of this.#early.splice(0)) observer.event(event);
    if (this.#lostBecause !== undefined) observer.lost(this.#lostBecause);
  }

  send(message: ToBridge): void {
    this.#bridge.link.send(message);
  }

  /** What the cluster has, and which of our actors are in it. Rejects with RAY_UNREACHABLE when it does not answer. */
  describe(): Promise<ClusterDescription> {
    this.send({ type: "describe" });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new PipelineError("RAY_UNREACHABLE", `the bridge to Ray has not answered for ${launchSeconds} s`)),
        launchSeconds * 1000,
      );
      this.#describing.push((description) => {
        clearTimeout(timer);
        resolve(description);
      });
    });
  }

  /** Ends the bridge, and what it has started. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.send({ type: "shutdown" });
    await this.#bridge.close();
  }

  receive(header: JsonObject): void {
    let message: FromBridge;
    try {
      message = parseFromBridge(header);
    } catch (error) {
      this.#bridge.link.end(asPipelineError(error, "PROTOCOL", "the bridge").message);
      return;
    }
    if (message.type === "nodes") this.nodes = message.nodes;
    if (message.type === "described") {
      for (const resolve of this.#describing.splice(0)) resolve(message);
    } else if (message.type !== "ready" && message.type !== "failed") {
      if (this.#observer === undefined) this.#early.push(message);
      else this.#observer.event(message);
    }
  }

  async lose(reason: string): Promise<void> {
    if (this.#isClosed) return;
    const words = await this.#bridge.lastWords();
    await this.#bridge.close();
    this.#lostBecause = words === undefined ? reason : `${reason}; its last words: ${words.slice(-500)}`;
    this.#observer?.lost(this.#lostBecause);
  }
}

/** Waits until the bridge has joined the cluster, and hands what it says from then on to the session. */
function joined(
  bridge: LaunchedBridge,
  signal: AbortSignal,
  sessionOf: (ready: BridgeReady) => BridgeSession,
): Promise<BridgeSession> {
  return new Promise((resolve, reject) => {
    let session: BridgeSession | undefined;
    const timer = setTimeout(
      () => bridge.link.end(`it has not joined the cluster within ${launchSeconds} s`),
      launchSeconds * 1000,
    );
    const abort = () => bridge.link.end("the run was told to end");
    signal.addEventListener("abort", abort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    const begin = (header: JsonObject) => {
      const message = parseFromBridge(header);
      if (message.type === "failed") return reject(joinError(message.reason));
      if (message.type !== "ready") return;
      const refusal = mismatch(message);
      if (refusal !== undefined) return reject(refusal);
      settle();
      bridge.link.expectAnswers();
      session = sessionOf(message);
      resolve(session);
    };
    bridge.link.observe((header) => {
      if (session !== undefined) return session.receive(header);
      try {
        begin(header);
      } catch (error) {
        reject(asPipelineError(error, "PROTOCOL", "the bridge to Ray was not understood"));
      }
    });
    void bridge.link.ended.then(async (reason) => {
      settle();
      if (session !== undefined) return session.lose(reason);
      reject(joinError((await bridge.lastWords()) ?? reason));
    });
  });
}

function mismatch({ protocol, ray, python }: BridgeReady): PipelineError | undefined {
  if (protocol === bridgeProtocol) return undefined;
  return new PipelineError(
    "RAY_MISMATCH",
    `the bridge to Ray (Ray ${ray}, Python ${python}) speaks protocol ${protocol}, and this process ${bridgeProtocol}: use one image on the head, the workers and here`,
  );
}

/** What Ray says when a driver cannot join, by what there is to do about it. */
function joinError(reason: string): PipelineError {
  const told = reason.trim().slice(-1500);
  if (/No module named '?ray\b/.test(reason))
    return new PipelineError(
      "RAY_UNREACHABLE",
      `the Python that RAY_PYTHON names has no ray: pip install 'ray[default]'`,
    );
  if (/version mismatch/i.test(reason)) return new PipelineError("RAY_MISMATCH", `Ray refuses the bridge: ${told}`);
  if (/AuthenticationError|InvalidAuthToken|Unauthenticated|auth(?:entication)? token/i.test(reason))
    return new PipelineError("RAY_UNAUTHORIZED", `Ray does not accept the bridge: ${told}`);
  // A GCS that wants a token does not say so.
  const perhaps = /Failed to connect to Ray cluster/.test(reason)
    ? ". Something listens there: it may want a token (RAY_AUTH_MODE=token, RAY_AUTH_TOKEN), or be of another version of Ray"
    : "";
  return new PipelineError("RAY_UNREACHABLE", `the bridge could not join the Ray cluster: ${told}${perhaps}`, {
    isRetryable: true,
  });
}
