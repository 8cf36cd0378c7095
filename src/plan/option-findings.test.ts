import { expect, test } from "vitest";
import { z } from "zod";
import type { Json } from "../model/json.ts";
import { optionFindings } from "./option-findings.ts";

const messagesFor = (schema: z.ZodType, value: Json): readonly string[] => {
  const parsed = z.strictObject({ x: schema }).safeParse({ x: value });
  const whole = { schema: z.strictObject({ x: schema }), value: { x: value } };
  const found = optionFindings(parsed.error?.issues ?? [], {
    ...whole,
    subject: "step 1 (s)",
    noun: "option",
    path: [],
    placeOf: () => undefined,
  });
  return found.map((finding) => finding.message);
};

const shape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("circle"), radius: z.number() }),
  z.strictObject({ kind: z.literal("line"), length: z.number() }),
]);

test.each<[string, z.ZodType, Json, string]>([
  ["a truth value", z.boolean(), "yes", 'expected true or false, received "yes"'],
  ["a mapping", z.record(z.string(), z.number()), [1], "expected a mapping, received [1]"],
  ["a range from below", z.number().gt(0), 0, "expected a number above 0, received 0"],
  ["a range from above", z.int().lt(5), 5, "expected a number below 5, received 5"],
  ["a step width", z.number().multipleOf(8), 12, "expected a multiple of 8, received 12"],
  ["a list that is not empty", z.array(z.string()).min(1), [], "expected at least one item, received []"],
  ["a short list", z.array(z.number()).max(2), [1, 2, 3], "expected at most 2 items, received [1,2,3]"],
  ["a short string", z.string().max(1), "ab", 'expected at most 1 character, received "ab"'],
  [
    "a pattern",
    z.string().regex(/^#[0-9a-f]{6}$/),
    "red",
    'expected a string that matches /^#[0-9a-f]{6}$/, received "red"',
  ],
  ["a literal", z.literal("on"), "off", 'expected "on", received "off"'],
  ["one of several", z.enum(["a1", "b2", "c3"]), "zz", 'expected one of "a1", "b2", "c3", received "zz"'],
  ["either type", z.union([z.string(), z.number()]), true, "expected a string or a number, received true"],
  ["a kind", shape, { kind: "cube" }, 'expected "circle" or "line", received "cube"'],
  [
    "the author's words",
    z.string({ error: "expected the name of a color" }),
    3,
    "expected the name of a color, received 3",
  ],
  ["the author's rule", z.number().refine((n) => n !== 13, "13 brings bad luck"), 13, "13 brings bad luck"],
])("%s", (_, schema, value, message) => {
  const [found = ""] = messagesFor(schema, value);
  expect(found).toMatch(/^step 1 \(s\), option "x(\.kind)?": /);
  expect(found.replace(/^step 1 \(s\), option "[^"]+": /, "")).toBe(`${message}.`);
});

test("the branch of a union that fits is the one that is judged", () => {
  const either = z.union([z.string(), z.strictObject({ low: z.number(), high: z.number() })]);
  expect(messagesFor(either, { low: 1, high: "2" })).toEqual([
    'step 1 (s), option "x.high": expected a number, received "2".',
  ]);
  expect(messagesFor(either, { low: 1, high: 2, hihg: 3 })).toEqual([
    'step 1 (s), option "x" has no key "hihg". Did you mean "high"?',
  ]);
  expect(messagesFor(shape, { kind: "line" })).toEqual([
    'step 1 (s), option "x.length" is missing: expected a number.',
  ]);
});

test("what is missing is described by the first sentence of its description", () => {
  const schema = z.strictObject({ a: z.int().describe("How many. More is slower.\nAnd dearer.") });
  expect(messagesFor(schema, {})).toEqual(['step 1 (s), option "x.a" is missing: expected a whole number. How many.']);
});

test("every mistake is told, and long values are shortened", () => {
  const schema = z.strictObject({ a: z.number(), b: z.number() });
  expect(messagesFor(schema, { a: "y".repeat(100), b: null, c: 1 })).toEqual([
    `step 1 (s), option "x.a": expected a number, received "${"y".repeat(56)}....`,
    'step 1 (s), option "x.b": expected a number, received null.',
    'step 1 (s), option "x" has no key "c". It has: a, b.',
  ]);
});

test("an issue can carry its own code", () => {
  const schema = z.string().check((context) => {
    context.issues.push({
      code: "custom",
      message: "no value after `<`",
      input: context.value,
      params: { code: "INVALID_EXPRESSION" },
    });
  });
  const parsed = schema.safeParse("a <");
  const [finding] = optionFindings(parsed.error?.issues ?? [], {
    schema,
    value: "a <",
    subject: "step 1 (filter)",
    noun: "option",
    path: [],
    placeOf: () => undefined,
  });
  expect(finding).toMatchObject({ code: "INVALID_EXPRESSION", message: "step 1 (filter): no value after `<`." });
});
