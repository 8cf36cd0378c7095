import fc from "fast-check";
import { expect, test } from "vitest";
import { inCodeUnitOrder } from "./code-unit-order.ts";

async function ordered(keys: readonly string[]): Promise<readonly string[]> {
  const listed = async function* () {
    const items = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map((key) => ({ key }));
    while (items.length > 0) yield items.splice(0, 3);
  };
  const found: string[] = [];
  for await (const page of inCodeUnitOrder(listed())) {
    expect(page.length).toBeGreaterThan(0);
    found.push(...page.map(({ key }) => key));
  }
  return found;
}

test("what comes by UTF-8 bytes leaves by UTF-16 code units", async () => {
  const character = fc.constantFrom(
    "a",
    "b",
    "/",
    "é",
    "\u4e00",
    "\ud7ff",
    "\ue000",
    "\uff01",
    "\uffff",
    "\u{10000}",
    "\u{1f600}",
  );
  const key = fc.array(character, { minLength: 1, maxLength: 5 }).map((characters) => characters.join(""));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { maxLength: 40 }), async (keys) => {
      expect(await ordered(keys)).toEqual(keys.toSorted());
    }),
    { numRuns: 500 },
  );
});

test("keys of ordinary characters are not held back", async () => {
  let taken = 0;
  const endless = async function* () {
    for (;;) yield [{ key: `folder/\u4e00 ${String(taken++).padStart(9, "0")}` }];
  };
  for await (const _ of inCodeUnitOrder(endless())) break;
  expect(taken).toBe(1);
});
