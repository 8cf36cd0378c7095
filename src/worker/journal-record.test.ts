import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJournal, encodeJournal, type JournalRecord, journalBytes } from "./journal-record.ts";

const count = fc.nat({ max: 2 ** 32 - 1 });
const record: fc.Arbitrary<JournalRecord> = fc.record({
  sequence: fc.maxSafeNat(),
  begun: fc.maxSafeNat(),
  phase: fc.constantFrom("idle", "reading", "working", "writing", "committing"),
  stage: fc.nat({ max: 1000 }),
  split: count,
  first: fc.maxSafeNat(),
  end: fc.maxSafeNat(),
  step: fc.option(count),
  child: fc.option(count),
});

function encoded(given: JournalRecord): DataView {
  const bytes = new DataView(new ArrayBuffer(journalBytes));
  encodeJournal(given, bytes);
  return bytes;
}

test("what was written is read", () => {
  fc.assert(
    fc.property(record, (given) => {
      expect(decodeJournal(encoded(given))).toEqual(given);
    }),
  );
});

test("a record that is half overwritten is no record", () => {
  fc.assert(
    fc.property(record, record, fc.integer({ min: 8, max: journalBytes - 8 }), (before, after, cut) => {
      fc.pre(before.sequence !== after.sequence);
      const torn = new Uint8Array(encoded(before).buffer);
      torn.set(new Uint8Array(encoded(after).buffer, 0, cut));
      expect(decodeJournal(new DataView(torn.buffer))).toBeUndefined();
    }),
  );
});

test("nothing is read where nothing was written", () => {
  expect(decodeJournal(new DataView(new ArrayBuffer(0)))).toBeUndefined();
});
