import type { z } from "zod";
import { isErrorCode } from "../model/error-codes.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import { expectationOf, receivedText } from "./expectation.ts";
import { didYouMean, type Finding, type KeyPath, type Place, pathText } from "./finding.ts";
import { isWholeNumberAt, keysAt, summaryAt } from "./schema-at.ts";
import { suggest } from "./suggest.ts";

/** What was parsed, and how messages call it. */
export interface ParsedOptions {
  readonly schema: z.ZodType;
  readonly value: Json;
  /** `step 2 (filter-blur)`; empty for the pipeline file itself. */
  readonly subject: string;
  /** What a member is called: `option` of a component, `key` of the file. */
  readonly noun: "option" | "key";
  /** Where the value stands in the document. */
  readonly path: KeyPath;
  placeOf(path: KeyPath, what: "key" | "value"): Place | undefined;
  /** What a value is called that came from elsewhere than the file: `--workers`. */
  nameOf?(path: KeyPath): string | undefined;
}

/** Every issue of a failed parse as a finding, in words that name the option, what was expected and what was received. */
export function optionFindings(issues: readonly z.core.$ZodIssue[], parsed: ParsedOptions): readonly Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, parsed));
}

function findingsOf(issue: z.core.$ZodIssue, parsed: ParsedOptions): readonly Finding[] {
  const inner = keyPathOf(issue.path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, inner, parsed));
  if (issue.code === "invalid_union") {
    const branch = likeliestBranch(issue);
    if (branch !== undefined) {
      return branch.flatMap((each) => findingsOf({ ...each, path: [...issue.path, ...each.path] }, parsed));
    }
  }
  return [wrongValue(issue, inner, parsed)];
}

function unknownKey(key: string, inner: KeyPath, parsed: ParsedOptions): Finding {
  const known = keysAt(parsed.schema, inner);
  const suggestion = suggest(key, known);
  const owner = ownerName(inner, parsed);
  const noun = inner.length === 0 ? parsed.noun : "key";
  const listed = known.length === 0 ? `${owner} takes no ${noun}s` : `It has: ${known.join(", ")}`;
  const path = [...parsed.path, ...inner, key];
  return {
    code: "UNKNOWN_KEY",
    message: `${owner} has no ${noun} ${JSON.stringify(key)}.${didYouMean(suggestion) || ` ${listed}.`}`,
    path,
    place: parsed.placeOf(path, "key"),
    received: key,
    suggestion,
  };
}

function wrongValue(issue: z.core.$ZodIssue, inner: KeyPath, parsed: ParsedOptions): Finding {
  const path = [...parsed.path, ...inner];
  const value = valueAt(parsed.value, inner);
  const isWhole = issue.code === "invalid_type" && isWholeNumberAt(parsed.schema, inner);
  const expected = expectationOf(isWhole ? { ...issue, expected: "int" } : issue);
  const received = receivedText(value);
  const suggestion =
    issue.code === "invalid_value" && typeof value === "string" ? suggest(value, issue.values.map(String)) : undefined;
  const foreignName = parsed.nameOf?.(path);
  const code = issue.code === "custom" && isErrorCode(issue.params?.code) ? issue.params.code : "INVALID_OPTION";
  const isMissing = value === undefined && inner.length > 0;
  const name = foreignName ?? memberName(inner, parsed);
  const message = isMissing
    ? `${name} is missing: ${expected}.${summaryAt(parsed.schema, inner)}`
    : `${name}: ${sentenceOf(expected, received)}.${didYouMean(suggestion)}`;
  const place = foreignName === undefined ? parsed.placeOf(path, isMissing ? "key" : "value") : undefined;
  return { code, message, path, place, expected, received, suggestion };
}

// Text that an author wrote may say already what it received, or not speak of a value at all.
function sentenceOf(expected: string, received: string): string {
  const plain = expected.replace(/\.$/, "");
  return /^expected /.test(plain) && !plain.includes("received") ? `${plain}, received ${received}` : plain;
}

function memberName(inner: KeyPath, parsed: ParsedOptions): string {
  if (inner.length === 0) return parsed.subject === "" ? "the pipeline file" : parsed.subject;
  const quoted = JSON.stringify(pathText(inner));
  return parsed.subject === "" ? quoted : `${parsed.subject}, ${parsed.noun} ${quoted}`;
}

function ownerName(inner: KeyPath, parsed: ParsedOptions): string {
  return inner.length === 0 && parsed.subject === "" ? "a pipeline file" : memberName(inner, parsed);
}

/** The one branch of a union that fits the value's shape, so that its issues say what is wrong inside. */
function likeliestBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const fitting = issue.errors.filter(
    (branch) => branch.length > 0 && branch.every((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function keyPathOf(path: readonly PropertyKey[]): KeyPath {
  return path.map((key) => (typeof key === "symbol" ? String(key) : key));
}

export function valueAt(value: Json, path: KeyPath): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path) {
    if (Array.isArray(found) && typeof key === "number") found = found[key];
    else if (isJsonObject(found) && Object.hasOwn(found, key)) found = found[key];
    else return undefined;
  }
  return found;
}
