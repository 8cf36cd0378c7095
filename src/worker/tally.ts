import type { Accounting, StepAccounting } from "../contract/accounting.ts";
import { decodeCounts, decodesSince } from "../media/image/decode-tally.ts";
import type { ErrorCode } from "../model/error-codes.ts";

class StepTally {
  in = 0;
  kept = 0;
  split = 0;
  children = 0;
  busySeconds = 0;
  readonly dropped = new Map<string, number>();
  readonly failed = new Map<string, number>();

  accounting(): StepAccounting {
    return {
      in: this.in,
      kept: this.kept,
      dropped: Object.fromEntries(this.dropped),
      failed: Object.fromEntries(this.failed),
      split: this.split,
      children: this.children,
    };
  }
}

export type { StepTally };

export function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The accounting of one task while it grows. */
export class TaskTally {
  read = 0;
  bytesRead = 0;
  written = 0;
  readSeconds = 0;
  writeSeconds = 0;
  readonly unreadable = new Map<string, number>();
  readonly unwritable = new Map<string, number>();
  readonly #steps = new Map<string, StepTally>();
  readonly #decodedBefore = decodeCounts();

  /** Steps in plan order, so that the accounting lists them so. */
  constructor(stepIds: readonly string[]) {
    for (const id of stepIds) this.#steps.set(id, new StepTally());
  }

  step(id: string): StepTally {
    const tally = this.#steps.get(id);
    if (tally === undefined) throw new RangeError(`no step ${id} in this task`);
    return tally;
  }

  countUnreadable(code: ErrorCode): void {
    increment(this.unreadable, code);
  }

  countUnwritable(code: ErrorCode): void {
    increment(this.unwritable, code);
  }

  accounting(): Accounting {
    return {
      read: this.read,
      bytesRead: this.bytesRead,
      unreadable: Object.fromEntries(this.unreadable),
      steps: Object.fromEntries([...this.#steps].map(([id, step]) => [id, step.accounting()])),
      unwritable: Object.fromEntries(this.unwritable),
      written: this.written,
    };
  }

  busySeconds(): { readonly [stepId: string]: number } {
    const steps = [...this.#steps].map(([id, step]) => [id, step.busySeconds] as const);
    return Object.fromEntries([["read", this.readSeconds], ...steps, ["write", this.writeSeconds]]);
  }

  /** By this process since the tally was made: it has one task at a time. */
  imagesDecoded(): { readonly [decoder: string]: number } {
    return decodesSince(this.#decodedBefore);
  }
}
