import fc from "fast-check";
import { expect, test } from "vitest";
import { opened, textSample, textsOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { normalizeTextOperator } from "./normalize-text.ts";

const normalized = async (text: string, options = {}) =>
  textsOf(await (await opened(normalizeTextOperator, options))(textSample(text)))[0];

test("keeps the promises of an operator", async () => {
  const samples = ["e\u0301", "", "plain", "\0"].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  expect(await checkOperator(normalizeTextOperator, { samples })).toMatchObject({ kept: 4 });
});

test.each([
  ["composes", "Cafe\u0301", "Café"],
  ["unifies line ends", "a\r\nb\rc\u2028d\u2029e\u0085f\u000bg", "a\nb\nc\nd\ne\nf\ng"],
  ["collapses spaces", "  a \t\u00a0\u3000 b  \n\tc ", "a b\nc"],
  ["limits empty lines", "\n\na\n\n\n \nb\n\nc\n\n", "a\n\nb\n\nc"],
  ["removes control characters", "a\0b\u0007c\u007fd\u0086\u001be", "abcde"],
  ["removes invisible ones, not joiners", "\ufeffso\u00adft\u200b \u2060x\u200d👩\u200d👩", "soft x\u200d👩\u200d👩"],
  ["replaces lone surrogates", "a\ud800b\udc00c😀", "a\ufffdb\ufffdc😀"],
  ["makes nothing of nothing", " \n\t\u00a0", ""],
])("%s", async (_, text, expected) => {
  expect(await normalized(text)).toBe(expected);
});

test("every rule is an option", async () => {
  expect(await normalized("e\u0301", { unicodeForm: "none" })).toBe("e\u0301");
  expect(await normalized("ﬁ\u00a0x", { unicodeForm: "NFKC", spaces: "keep" })).toBe("fi x");
  expect(await normalized("a\r\nb", { unifyNewlines: false })).toBe("a\r\nb");
  expect(await normalized("  if x:\t\n\treturn  1 ", { spaces: "trim" })).toBe("  if x:\n\treturn  1");
  expect(await normalized(" a  b \nc\t", { spaces: "keep" })).toBe(" a  b \nc\t");
  expect(await normalized("\na\n\n\n\nb\n", { maxBlankLines: null })).toBe("\na\n\n\n\nb\n");
  expect(await normalized("a\n\n\n\nb", { maxBlankLines: 0 })).toBe("a\nb");
  expect(await normalized("a\0b", { removeControls: false })).toBe("a\0b");
  expect(await normalized("a\u200bb", { removeInvisibles: false })).toBe("a\u200bb");
});

const anyOptions = fc.record({
  unicodeForm: fc.constantFrom("NFC", "NFD", "NFKC", "NFKD", "none"),
  unifyNewlines: fc.boolean(),
  spaces: fc.constantFrom("collapse", "trim", "keep"),
  maxBlankLines: fc.constantFrom(null, 0, 1, 2),
  removeControls: fc.boolean(),
  removeInvisibles: fc.boolean(),
});
const characters = fc.constantFrom(
  ..."ab \t\n\r\0\u00a0\u00ad\u2028\u3000\ufeff\u0301é\u0323ﬁ\u00a8\u200b",
  "\ud800",
  "\udc00",
  "😀",
);

test("normalising twice gives what normalising once gives", async () => {
  await fc.assert(
    fc.asyncProperty(anyOptions, fc.array(characters, { maxLength: 20 }), async (options, list) => {
      const once = (await normalized(list.join(""), options)) ?? "";
      expect(await normalized(once, options)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

test("a text that needs nothing is the same sample", async () => {
  const sample = textSample("Nothing to do here.\n\nNor here: é 😀");
  const outcome = await (await opened(normalizeTextOperator, {}))(sample);
  expect(outcome).toEqual({ kind: "keep", sample });
  expect(outcome.kind === "keep" && outcome.sample === sample).toBe(true);
});
