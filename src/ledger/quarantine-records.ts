import { z } from "zod";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import { type ErrorCode, errorCodes, type FailureClass, isErrorCode } from "../model/error-codes.ts";
import { messageOf } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";

const classes = new Set<string>(Object.values(errorCodes).map(({ failureClass }) => failureClass));
const isFailureClass = (value: unknown): value is FailureClass => typeof value === "string" && classes.has(value);

const recordSchema: z.ZodType<QuarantineRecord> = z.strictObject({
  id: z.string(),
  uri: z.string(),
  range: z.strictObject({ offset: z.number(), length: z.number() }).exactOptional(),
  position: z.int().nonnegative(),
  attempt: z.int().positive(),
  planHash: z.string(),
  step: z.string(),
  failureClass: z.custom<FailureClass>(isFailureClass, "expected a failure class"),
  error: z.strictObject({
    code: z.custom<ErrorCode>(isErrorCode, "expected an error code"),
    message: z.string(),
    details: z.record(z.string(), z.json()),
    isRetryable: z.boolean(),
    stack: z.string(),
    causes: z.array(z.string()),
  }),
  stage: z.int().nonnegative(),
  split: z.int().nonnegative(),
});

/** A line of a quarantine file: a record, or what cannot be read as one and why. */
export type QuarantineLine =
  | { readonly kind: "record"; readonly record: QuarantineRecord }
  | { readonly kind: "broken"; readonly uri: string; readonly line: number; readonly problem: string };

/** Every line of a quarantine file, in order, in bounded memory. Rejects as `Storage.stream` does. */
export async function* readQuarantineFile(uri: string): AsyncGenerator<QuarantineLine> {
  let number = 0;
  for await (const line of textLines(storageFor(uri).stream(uri))) yield lineOf(line, uri, ++number);
}

async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

function lineOf(text: string, uri: string, line: number): QuarantineLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Told to whoever reads the quarantine, as a line of its own.
    return { kind: "broken", uri, line, problem: messageOf(error) };
  }
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return { kind: "record", record: parsed.data };
  const issue = parsed.error.issues[0];
  return { kind: "broken", uri, line, problem: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
}
