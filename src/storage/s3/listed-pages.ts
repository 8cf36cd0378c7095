import { isBefore, type ListedPage, type PagePlace } from "./listed-page.ts";
import { keysOfLane, ListingLanes } from "./listing-lanes.ts";

/** A server's listing. */
export interface Listing {
  /** One page. Its rejection counts as handled, whoever awaits it. */
  readonly page: (place: PagePlace) => Promise<ListedPage>;
  /** What keys begin with that lie in folders of a folder, behind a key, as many as the server tells at once. Never rejects. */
  readonly folders: (prefix: string, after: string) => Promise<readonly string[]>;
}

/**
 * The pages of a listing in order. The next one is on its way while one is consumed; where what follows lies in
 * enough folders, several stretches are. For that the folders are asked for beside the second page, and, where there
 * are too few, each time that twice as many pages have come. A request that fails ends it after the pages before.
 */
export async function* listedPages({ page: ask, folders }: Listing): AsyncGenerator<ListedPage> {
  let next: Promise<ListedPage> | undefined = ask({});
  while (next !== undefined) {
    const stretch: ListingLanes | undefined = yield* pagesUntilFolders(ask, folders, next);
    if (stretch === undefined) return;
    next = ask({ after: stretch.end });
    try {
      yield* stretch.pages();
    } finally {
      stretch.discard();
    }
  }
}

/** Pages one after the other, until enough folders are known to lie behind them, or to the end. */
async function* pagesUntilFolders(
  ask: Listing["page"],
  folders: Listing["folders"],
  first: Promise<ListedPage>,
): AsyncGenerator<ListedPage, ListingLanes | undefined> {
  let start: string | undefined;
  let found: readonly string[] = [];
  for (let next = first, pages = 1, look = 1; ; pages++) {
    const page = await next;
    const { last, token } = page;
    if (token === undefined || last === undefined) {
      yield page;
      return undefined;
    }
    start ??= page.first ?? last;
    next = ask({ token });
    const shared = commonFolder(start, last);
    const boundaries = [last, ...found.filter((folder) => isBefore(last, folder))];
    const perLane = Math.ceil(keysOfLane / keysPerFolder(page, shared));
    if (boundaries.length > 2 * perLane) {
      const lanes = new ListingLanes(ask, boundaries, perLane, next);
      yield page;
      return lanes;
    }
    if (pages === look) {
      look *= 2;
      // Whether it comes before the next page or long after: what is known then is used.
      void folders(shared, last).then((known) => {
        found = known;
      });
    }
    yield page;
  }
}

/** The folder, with its slash, that all keys from one to another lie in. */
function commonFolder(first: string, last: string): string {
  let at = 0;
  while (at < first.length && first[at] === last[at]) at++;
  return first.slice(0, first.slice(0, at).lastIndexOf("/") + 1);
}

/** By how often the next folder begins: pages see the first of them and the last in part only. */
function keysPerFolder({ objects }: ListedPage, prefix: string): number {
  const folders = new Set(objects.map(({ key }) => key.slice(0, key.indexOf("/", prefix.length) + 1)));
  return Math.max(1, objects.length / Math.max(1, folders.size - 1));
}
