import type { TaskId } from "../contract/receipt.ts";
import { taskKey } from "../contract/receipt.ts";
import { Claims } from "../ledger/claims.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { mayBeAlive, ownIdentity } from "./process-identity.ts";
import type { SharedWork } from "./stage-tasks.ts";

/** The work of one ledger, shared with the other coordinators that are on it. */
export class LedgerWork implements SharedWork {
  readonly #ledger: Ledger;
  readonly #claims: Claims;

  constructor(ledger: Ledger, store: LedgerStore) {
    this.#ledger = ledger;
    this.#claims = new Claims(store, {
      identity: ownIdentity(),
      mayBeAlive,
      now: () => performance.now() / 1000,
    });
  }

  isDone(task: TaskId): boolean {
    return this.#ledger.isDone(task);
  }

  async claim(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const ours = await this.#claims.claim(keys);
    // Who was there since the ledger was read may have finished some of them, and be gone by now, claims and all.
    await this.refresh();
    return ours;
  }

  /** Whether another coordinator that may be alive was seen when something was claimed last. */
  get hasCompany(): boolean {
    return this.#claims.hasCompany;
  }

  release(tasks: readonly TaskId[]): void {
    this.#claims.release(tasks.map(taskKey));
  }

  refresh(): Promise<void> {
    return this.#ledger.refresh();
  }

  close(): Promise<void> {
    return this.#claims.close();
  }
}
