import type { StoredObject } from "./storage.ts";

/** What the pages of a listing hold, one by one. */
export async function* eachObject(pages: AsyncIterable<readonly StoredObject[]>): AsyncGenerator<StoredObject> {
  for await (const page of pages) yield* page;
}
