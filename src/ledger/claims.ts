import { z } from "zod";
import type { LedgerStore } from "./ledger-store.ts";

/** Tells a coordinator from every other, and whether it is alive where that can be seen. */
export interface CoordinatorIdentity {
  /** Unique in the life of a ledger. */
  readonly id: string;
  readonly host: string;
  readonly processId: number;
  /** When the process began, in any unit; null where the system does not tell. */
  readonly born: number | null;
}

const claimFile = z.object({
  id: z.string(),
  host: z.string(),
  processId: z.int(),
  born: z.number().nullable(),
  /** Grows while the coordinator lives. */
  beat: z.int(),
  keys: z.array(z.string()),
});
type ClaimFile = z.infer<typeof claimFile>;

const claimPrefix = "claims/";
const beatSeconds = 3;
/** A coordinator that did not beat for so long, by the clock of who looks, is taken for dead. */
const deadAfterSeconds = 15;

interface ClaimsOptions {
  readonly identity: CoordinatorIdentity;
  /** False when the coordinator is known to be dead: same machine, and its process is gone. */
  readonly mayBeAlive: (other: CoordinatorIdentity) => boolean;
  /** Steady, in seconds. */
  readonly now: () => number;
}

/**
 * Who works on what, so that several coordinators on one ledger share the work. Each keeps one object with what
 * it has claimed and renews it. Claims spare work that would be done twice; nothing correct rests on them, nor on
 * clocks: what two coordinators do both counts once.
 */
export class Claims {
  readonly #store: LedgerStore;
  readonly #options: ClaimsOptions;
  readonly #held = new Set<string>();
  /** When the beat of another coordinator was seen to change last. */
  readonly #seen = new Map<string, { readonly beat: number; readonly at: number }>();
  #beat = 0;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(store: LedgerStore, options: ClaimsOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Claims those of the keys that no other living coordinator has claimed, and answers them. Where two meet over a
   * key both let it go: neither can know whether the other has seen it. Claims of keys that were asked for earlier stay.
   */
  async claim(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const before = await this.#claimedByOthers();
    const free = keys.filter((key) => !before.has(key));
    if (free.length === 0) return new Set();
    for (const key of free) this.#held.add(key);
    await this.#write();
    this.#timer ??= this.#startBeating();
    const after = await this.#claimedByOthers();
    const met = free.filter((key) => after.has(key));
    if (met.length > 0) {
      this.release(met);
      await this.#write();
    }
    return new Set(free.filter((key) => !after.has(key)));
  }

  /** Takes effect for others with the next beat or claim. */
  release(keys: readonly string[]): void {
    for (const key of keys) this.#held.delete(key);
  }

  /** Whether another coordinator that may be alive was seen when something was claimed last. */
  get hasCompany(): boolean {
    return this.#seen.size > 0;
  }

  /** Gives everything back. Never throws. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#writing.catch(() => undefined);
    // What cannot be removed is taken for dead after a while.
    if (this.#beat > 0) await this.#store.remove(this.#objectName()).catch(() => undefined);
  }

  async #claimedByOthers(): Promise<ReadonlyMap<string, string>> {
    const claimed = new Map<string, string>();
    const alive = new Set<string>();
    for await (const name of this.#store.names(claimPrefix)) {
      if (name === this.#objectName()) continue;
      const other = await this.#read(name);
      if (other === undefined || !this.#isAlive(other)) continue;
      alive.add(other.id);
      for (const key of other.keys) claimed.set(key, other.id);
    }
    for (const id of this.#seen.keys()) if (!alive.has(id)) this.#seen.delete(id);
    return claimed;
  }

  async #read(name: string): Promise<ClaimFile | undefined> {
    try {
      return claimFile.parse(JSON.parse(Buffer.from(await this.#store.get(name)).toString("utf8")));
    } catch {
      // Gone since it was listed, or not a claim: at worst some work is done twice.
      return undefined;
    }
  }

  /** Removes the claims of who is known to be dead. */
  #isAlive(other: ClaimFile): boolean {
    const now = this.#options.now();
    const seen = this.#seen.get(other.id);
    if (this.#options.mayBeAlive(other)) {
      if (seen === undefined || seen.beat !== other.beat) this.#seen.set(other.id, { beat: other.beat, at: now });
      if (seen === undefined || seen.beat !== other.beat || now - seen.at < deadAfterSeconds) return true;
    }
    void this.#store.remove(`${claimPrefix}${other.id}.json`).catch(() => undefined);
    return false;
  }

  #write(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        if (this.#isClosed) return;
        const { identity } = this.#options;
        const file: ClaimFile = { ...identity, beat: ++this.#beat, keys: [...this.#held] };
        await this.#store.put(this.#objectName(), Buffer.from(JSON.stringify(file)));
      });
    return this.#writing;
  }

  #startBeating(): NodeJS.Timeout {
    const timer = setInterval(() => {
      // A beat that is missed is made up for by the next; after some, others take the work over.
      this.#write().catch(() => undefined);
    }, beatSeconds * 1000);
    timer.unref();
    return timer;
  }

  #objectName(): string {
    return `${claimPrefix}${this.#options.identity.id}.json`;
  }
}
