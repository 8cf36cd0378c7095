import { Flow } from "./flow.ts";
import { isBefore, type ListedPage, type PagePlace } from "./listed-page.ts";

const lanesAtOnce = 8;
const pagesHeldOfLane = 6;
export const keysOfLane = 3000;

/**
 * Lists what lies behind the first of some boundaries and before the last one, several stretches between them at
 * a time, in order. `perLane` is how many boundaries apart a stretch's ends are to begin with, and adapts so that it has
 * some 3,000 keys: a server is asked for each stretch once more than its pages, at most. At most 48 pages are held.
 */
export class ListingLanes {
  readonly #ask: (place: PagePlace) => Promise<ListedPage>;
  readonly #boundaries: readonly string[];
  readonly #underWay: Flow<ListedPage>[] = [];
  #perLane: number;
  #begun = 0;

  /** `first` is the page behind the first boundary, asked for already. */
  constructor(
    ask: (place: PagePlace) => Promise<ListedPage>,
    boundaries: readonly string[],
    perLane: number,
    first: Promise<ListedPage>,
  ) {
    this.#ask = ask;
    this.#boundaries = boundaries;
    this.#perLane = perLane;
    this.#begin(first);
  }

  /** The last boundary: what does not come before it is not listed. */
  get end(): string {
    return this.#boundaries.at(-1) ?? "";
  }

  async *pages(): AsyncGenerator<ListedPage> {
    this.#fill();
    for (let lane = this.#underWay[0]; lane !== undefined; lane = this.#underWay[0]) {
      yield* lane;
      this.#underWay.shift();
      this.#fill();
    }
  }

  /** Lets go of what nobody wants any more. */
  discard(): void {
    for (const lane of this.#underWay) lane.discard();
  }

  #fill(): void {
    while (this.#underWay.length < lanesAtOnce && this.#begun < this.#boundaries.length - 1) this.#begin();
  }

  #begin(first?: Promise<ListedPage>): void {
    const [from, width] = [this.#begun, this.#perLane];
    this.#begun = Math.min(from + width, this.#boundaries.length - 1);
    const [after, end] = [this.#boundaries[from], this.#boundaries[this.#begun]];
    if (after === undefined || end === undefined) return;
    const lane = new Flow<ListedPage>(pagesHeldOfLane);
    this.#underWay.push(lane);
    void this.#list(lane, first ?? this.#ask({ after }), end, width);
  }

  async #list(lane: Flow<ListedPage>, first: Promise<ListedPage>, end: string, width: number): Promise<void> {
    try {
      let keys = 0;
      for (let next = first; ; ) {
        const page = await next;
        const isLast = page.token === undefined || page.last === undefined || !isBefore(page.last, end);
        const objects = isLast ? page.objects.filter(({ key }) => isBefore(key, end)) : page.objects;
        keys += objects.length;
        lane.push({ ...page, objects }, 1);
        if (isLast) break;
        await lane.room();
        next = this.#ask({ token: page.token });
      }
      this.#perLane = Math.max(1, Math.ceil(width * Math.min(8, keysOfLane / Math.max(1, keys))));
      lane.end();
    } catch (failure) {
      // Met by whoever reads the lane.
      lane.end({ failure });
    }
  }
}
