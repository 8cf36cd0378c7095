import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isBefore, type ListedPage, type PagePlace } from "./listed-page.ts";
import { listedPages } from "./listed-pages.ts";

const pageKeys = 1000;

/** Lists keys as S3 does; takes note of what it was asked, and fails or holds back pages when it is told to. */
class Server {
  requests = 0;
  atOnce = 0;
  mostAtOnce = 0;
  readonly #keys: readonly string[];
  readonly #fails: (place: PagePlace) => boolean;

  constructor(keys: Iterable<string>, fails: (place: PagePlace) => boolean = () => false) {
    this.#keys = [...keys].sort((one, other) => (isBefore(one, other) ? -1 : 1));
    this.#fails = fails;
  }

  readonly page = (place: PagePlace): Promise<ListedPage> => {
    const page = this.#during(() => {
      if (this.#fails(place)) throw new Error("refused");
      const after = "after" in place ? place.after : (place.token ?? "");
      const start = this.#behind(after);
      const keys = this.#keys.slice(start, start + pageKeys);
      const objects = keys.map((key) => ({ key, uri: `s3://bucket/${key}`, bytes: 1, version: "1" }));
      const last = keys.at(-1);
      return { objects, first: keys[0], last, token: start + pageKeys < this.#keys.length ? last : undefined };
    });
    page.catch(() => undefined);
    return page;
  };

  readonly folders = (prefix: string, after: string): Promise<readonly string[]> =>
    this.#during(() => {
      const found = new Set<string>();
      for (const key of this.#keys.slice(this.#behind(after))) {
        const slash = key.startsWith(prefix) ? key.indexOf("/", prefix.length) : -1;
        if (slash >= 0) found.add(key.slice(0, slash + 1));
        if (found.size === pageKeys) break;
      }
      return [...found];
    });

  #behind(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(key, this.#keys[middle] ?? "")) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #during<Answer>(answer: () => Answer): Promise<Answer> {
    this.requests++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await turn();
    this.atOnce--;
    return answer();
  }

  get inOrder(): readonly string[] {
    return this.#keys;
  }
}

async function keysFrom(server: Server): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of listedPages(server)) for (const { key } of objects) keys.push(key);
  return keys;
}

function* tree(folders: number, files: number, lead = ""): Generator<string> {
  for (let folder = 0; folder < folders; folder++)
    for (let file = 0; file < files; file++)
      yield `${lead}${String(folder).padStart(6, "0")}/${String(file).padStart(6, "0")}`;
}

test.each<[string, Iterable<string>, { readonly isParallel: boolean; readonly mostRequests: number }]>([
  ["nothing", [], { isParallel: false, mostRequests: 1 }],
  ["one page", tree(10, 100), { isParallel: false, mostRequests: 1 }],
  ["one flat folder", tree(1, 20_000), { isParallel: false, mostRequests: 20 + 5 }],
  ["folders of some keys", tree(200, 100), { isParallel: true, mostRequests: 20 * 1.5 }],
  ["folders of few keys", tree(5000, 2), { isParallel: false, mostRequests: 10 + 4 }],
  ["folders of many keys", tree(60, 3000), { isParallel: true, mostRequests: 180 * 1.5 }],
  ["folders of folders", tree(100, 100, "a/b/c/d/"), { isParallel: true, mostRequests: 10 * 2 }],
  [
    "one full folder, then tiny ones",
    [...tree(1, 1000, "a/"), ...tree(990, 1, "b/")],
    { isParallel: false, mostRequests: 4 },
  ],
  [
    "full folders, then tiny ones",
    [...tree(2, 1000, "a"), ...tree(900, 1, "z")],
    { isParallel: true, mostRequests: 24 },
  ],
])("%s: every key once, in order, and few requests more than pages", async (_, keys, { isParallel, mostRequests }) => {
  const server = new Server(keys);
  expect(await keysFrom(server)).toEqual(server.inOrder);
  expect(server.requests).toBeLessThanOrEqual(mostRequests);
  if (isParallel) expect(server.mostAtOnce).toBeGreaterThan(2);
  expect(server.mostAtOnce).toBeLessThanOrEqual(9);
});

test("whatever the keys are", async () => {
  const folder = fc.record({
    name: fc.constantFrom("a", "b", "b!", "é", "\uffff", "\u{1f600}", "c/d", "c/e", ""),
    folders: fc.nat(40),
    files: fc.constantFrom(1, 3, 100, 900),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(folder, { maxLength: 8 }), async (folders) => {
      const keys = new Set(folders.flatMap(({ name, folders, files }) => [...tree(folders, files, `${name}/`)]));
      const server = new Server(keys);
      expect(await keysFrom(server)).toEqual(server.inOrder);
      expect(server.requests).toBeLessThanOrEqual((2 * keys.size) / pageKeys + 24);
    }),
    { numRuns: 30 },
  );
});

test("a page that fails ends the listing after all that lies before it", async () => {
  const server = new Server(tree(200, 100), (place) => "token" in place && (place.token ?? "") > "000120");
  const keys: string[] = [];
  const listing = async () => {
    for await (const { objects } of listedPages(server)) for (const { key } of objects) keys.push(key);
  };
  await expect(listing()).rejects.toThrow("refused");
  expect(keys.length).toBeGreaterThan(11_000);
  expect(keys).toEqual(server.inOrder.slice(0, keys.length));
});
