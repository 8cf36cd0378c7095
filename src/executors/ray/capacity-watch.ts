import type { StageResources } from "../../contract/executor.ts";
import type { ClusterNode } from "./bridge-message.ts";
import { capacityProblem } from "./slot-demand.ts";

/** After this long without a worker the run says why. */
const tellSeconds = 10;

export interface CapacityFacts {
  readonly resources: StageResources;
  readonly nodes: readonly ClusterNode[];
  /** Workers that take tasks. */
  readonly open: number;
}

/** Knows for how long a run has waited without any worker. Times are seconds of any steady clock. */
export class CapacityWatch {
  #bareSince: number | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** A task may be waiting for a worker, or no longer. */
  wait(isWaiting: boolean, now: number): void {
    if (isWaiting) this.#bareSince ??= now;
    else this.#bareSince = undefined;
  }

  /**
   * To be called every second or so: `told` is what is to be said now, again each `repeatSeconds`; `isOver` once it has
   * lasted for `mostSeconds`.
   */
  look(
    { resources, nodes, open }: CapacityFacts,
    now: number,
    repeatSeconds: number,
    mostSeconds: number,
  ): { readonly isFine: boolean; readonly told?: string; readonly isOver?: boolean } {
    if (open > 0) this.#bareSince = undefined;
    if (this.#bareSince === undefined) return { isFine: true };
    const seconds = now - this.#bareSince;
    const isDue = seconds > tellSeconds && now - this.#toldAt > repeatSeconds;
    const isOver = seconds > mostSeconds;
    if (!isDue && !isOver) return { isFine: false };
    this.#toldAt = now;
    return { isFine: false, told: capacityProblem(resources, nodes, seconds), isOver };
  }
}
