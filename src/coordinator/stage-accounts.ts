import {
  type Accounting,
  addAccounting,
  emptyAccounting,
  imbalances,
  joinStages,
  type Totals,
  totalsOf,
} from "../contract/accounting.ts";
import type { Receipt } from "../contract/receipt.ts";

/** The accounts of a run, summed from the receipts that count. */
export class StageAccounts {
  readonly #stages: Accounting[];
  #shards = 0;
  #shardBytes = 0;

  constructor(stageCount: number) {
    this.#stages = Array.from({ length: stageCount }, () => emptyAccounting);
  }

  add(receipt: Receipt): void {
    this.#stages[receipt.stage] = addAccounting(this.#stages[receipt.stage] ?? emptyAccounting, receipt.accounting);
    if (receipt.stage !== this.#stages.length - 1) return;
    this.#shards += receipt.shards.length;
    for (const shard of receipt.shards) this.#shardBytes += shard.bytes;
  }

  get run(): Accounting {
    return joinStages(this.#stages);
  }

  get totals(): Totals {
    return totalsOf(this.run);
  }

  /** Shards of the last stage. */
  get shards(): { readonly count: number; readonly bytes: number } {
    return { count: this.#shards, bytes: this.#shardBytes };
  }

  imbalances(): readonly string[] {
    return imbalances(this.#stages);
  }
}
