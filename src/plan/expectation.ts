import type { z } from "zod";
import type { Json } from "../model/json.ts";

// Messages that zod makes up by itself; every other message was written by the schema's author.
const generatedMessage =
  /^(Invalid (input|option|string|number|key|value|discriminator value)\b|Too (small|big): |Unrecognized keys?: )/;

const typeNames: { readonly [type: string]: string } = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "null",
};

/** What an issue wanted to see: `expected a number of at least 0`, or the words of the schema's author. */
export function expectationOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom" || !generatedMessage.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${oneOf(issue.values.map((value) => String(JSON.stringify(value) ?? value)))}`;
    case "too_small":
    case "too_big":
      return `expected ${limitOf(issue)}`;
    case "not_multiple_of":
      return `expected a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `expected ${issue.pattern === undefined ? `a string of the form ${issue.format}` : `a string that matches ${issue.pattern}`}`;
    case "invalid_union":
      return `expected ${oneOf(alternativesOf(issue))}`;
    case "invalid_key":
      return issue.issues[0] === undefined ? "is no valid key" : `key: ${expectationOf(issue.issues[0])}`;
    default:
      return issue.message;
  }
}

/** `a`, `a or b`, `one of a, b, c`. */
export function oneOf(options: readonly string[]): string {
  const distinct = [...new Set(options)];
  return distinct.length > 2 ? `one of ${distinct.join(", ")}` : distinct.join(" or ");
}

/** A value as it stands in a message: short, and on one line. */
export function receivedText(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function alternativesOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
  if (options.length > 0) return options.map((option) => JSON.stringify(option) ?? String(option));
  return issue.errors.flatMap((branch) =>
    branch.slice(0, 1).map((each) => expectationOf(each).replace(/^expected /, "")),
  );
}

const counted: { readonly [origin: string]: string } = {
  string: "character",
  array: "item",
  set: "item",
  object: "key",
};

function limitOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const isSmall = issue.code === "too_small";
  const limit = Number(isSmall ? issue.minimum : issue.maximum);
  const unit = counted[issue.origin];
  if (unit === undefined) {
    const noun = issue.origin === "int" ? "a whole number" : "a number";
    if (issue.inclusive === false) return `${noun} ${isSmall ? "above" : "below"} ${limit}`;
    return `${noun} of at ${isSmall ? "least" : "most"} ${limit}`;
  }
  if (isSmall && limit === 1) return issue.origin === "string" ? "a string that is not empty" : `at least one ${unit}`;
  return `at ${isSmall ? "least" : "most"} ${limit} ${unit}${limit === 1 ? "" : "s"}`;
}
