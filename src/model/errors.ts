import { type ErrorCode, type ErrorScope, errorCodes, type FailureClass, isErrorCode } from "./error-codes.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { plainRedactor } from "./redact-secrets.ts";

interface PipelineErrorOptions {
  readonly cause?: unknown;
  /** Facts for machines: paths, positions, expected and received values. Never secrets. */
  readonly details?: JsonObject;
  /** Whether doing the same again can succeed. Set by whoever throws; false unless said. */
  readonly isRetryable?: boolean;
}

/**
 * The one error type of the product. `message` says what failed, where, and expected against
 * received; `code` is what programs compare, across processes too, where `instanceof` cannot be trusted. Neither
 * message nor details hold what looks like a secret.
 */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly code: ErrorCode;
  readonly details: JsonObject;
  readonly isRetryable: boolean;

  constructor(code: ErrorCode, message: string, options: PipelineErrorOptions = {}) {
    super(plainRedactor.text(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = plainRedactor.object(options.details ?? {});
    this.isRetryable = options.isRetryable ?? false;
  }

  get scope(): ErrorScope {
    return errorCodes[this.code].scope;
  }

  get failureClass(): FailureClass {
    return errorCodes[this.code].failureClass;
  }

  /** What the reader can do about it. */
  get remedy(): string {
    return errorCodes[this.code].remedy;
  }
}

/** An error as it crosses processes and lies in quarantine. */
export type ErrorRecord = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: JsonObject;
  readonly isRetryable: boolean;
  readonly stack: string;
  /** Messages of the causes, outermost first. */
  readonly causes: readonly string[];
};

/** The error itself when it is a PipelineError, else a PipelineError with `code` that has it as its cause. */
export function asPipelineError(error: unknown, code: ErrorCode, context: string): PipelineError {
  if (error instanceof PipelineError) return error;
  // Of another copy of this package, which a user's operator may have imported.
  if (error instanceof Error && error.name === "PipelineError" && "code" in error && isErrorCode(error.code)) {
    return new PipelineError(error.code, error.message, { cause: error });
  }
  return new PipelineError(code, `${context}: ${messageOf(error)}`, { cause: error });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorRecord(error: PipelineError): ErrorRecord {
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < 8; ) {
    causes.push(plainRedactor.text(messageOf(cause)));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return {
    code: error.code,
    message: error.message,
    details: error.details,
    isRetryable: error.isRetryable,
    stack: plainRedactor.text(deepestStack(error)),
    causes,
  };
}

/** The error that `errorRecord` described, in another process. */
export function errorFromRecord(value: unknown): PipelineError {
  if (!isJsonObject(value) || !isErrorCode(value.code) || typeof value.message !== "string") {
    return new PipelineError("PROTOCOL", `expected an error record, received ${JSON.stringify(value)?.slice(0, 200)}`);
  }
  const error = new PipelineError(value.code, value.message, {
    details: isJsonObject(value.details) ? value.details : {},
    isRetryable: value.isRetryable === true,
    ...(Array.isArray(value.causes) && value.causes.length > 0 ? { cause: value.causes.map(String).join(": ") } : {}),
  });
  if (typeof value.stack === "string") error.stack = value.stack;
  return error;
}

/** The stack of the innermost cause is the one that shows where a user's operator broke. */
function deepestStack(error: Error): string {
  let deepest = error;
  for (let depth = 0; depth < 8 && deepest.cause instanceof Error; depth++) deepest = deepest.cause;
  return deepest.stack ?? "";
}
