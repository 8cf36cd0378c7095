import type { CallbackServer } from "./callback-server.ts";
import type { FrameLink } from "./frame-link.ts";

/** A bridge that was started and has called back; it says `ready` or `failed` next. */
export interface LaunchedBridge {
  readonly link: FrameLink;
  /** Where the workers' hosts are to call; undefined: nothing listens yet. */
  readonly callbacks: CallbackServer | undefined;
  /** What the bridge's process, or job, left to say when it ended unasked; undefined: nothing is known. */
  lastWords(): Promise<string | undefined>;
  /** Sees to it that nothing of it stays. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** Starts the bridge's program somewhere in the cluster. */
export interface BridgeLauncher {
  /** Rejects with RAY_UNREACHABLE, RAY_UNAUTHORIZED or RAY_MISMATCH within half a minute, or when `signal` aborts. */
  launch(signal: AbortSignal): Promise<LaunchedBridge>;
}

/** Time in which a bridge must have called back, and then again in which it must have joined the cluster. */
export const launchSeconds = 25;

/** Of Ray's namespaces, the one in which our actors have their names. */
export const rayNamespace = "pipeline";
