import type { ErrorCode } from "../../model/error-codes.ts";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import { plainRedactor } from "../../model/redact-secrets.ts";

export type Access = "read" | "write";

/** What is known of a request that failed. */
export interface S3Failure {
  /** The code in the body, such as `NoSuchKey`; of a request that got no answer, the system's (`ECONNREFUSED`). */
  readonly code: string;
  readonly message: string;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  /** How often it was tried; an earlier attempt may have had its effect although no answer came. */
  readonly attempts: number;
}

const credentialCodes = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidToken",
  "TokenRefreshRequired",
  "InvalidClientTokenId",
  "RequestExpired",
  "AuthFailure",
  "CredentialsProviderError",
  "MissingSecurityHeader",
  "InvalidSecurity",
  "NotSignedUp",
]);
const clockCodes = new Set(["RequestTimeTooSkewed"]);
const fullCodes = new Set([
  "QuotaExceeded",
  "InsufficientStorage",
  "XMinioStorageFull",
  "StorageFull",
  "ServiceQuotaExceededException",
]);
const passingCodes = new Set([
  "SlowDown",
  "InternalError",
  "ServiceUnavailable",
  "RequestTimeout",
  "RequestTimeoutException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "BandwidthLimitExceeded",
  "OperationAborted",
  "ConditionalRequestConflict",
  "NoSuchUpload",
  "TimeoutError",
]);

/** Whether the same request can succeed a moment later. */
export function isPassing({ code, status }: S3Failure): boolean {
  if (credentialCodes.has(code) || clockCodes.has(code)) return false;
  if (status === undefined) return true;
  return (
    passingCodes.has(code) || status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 507)
  );
}

/** The PipelineError for a request that failed for good while `doing` something at `uri`. */
export function s3Error(
  failure: S3Failure,
  access: Access,
  doing: string,
  uri: string,
  endpoint: string,
): PipelineError {
  const [code, hint] = verdictOf(failure, access, endpoint);
  const { status, attempts } = failure;
  const said = plainRedactor.text(failure.message).slice(0, 500);
  const answer = status === undefined ? failure.code : `${status} ${failure.code}`;
  return new PipelineError(
    code,
    `${doing} ${JSON.stringify(uri)} failed: ${answer}${said === "" || said === failure.code ? "" : ` (${said})`}${hint === "" ? "" : `; ${hint}`}`,
    {
      // Of the library's own error only what it says: the object holds requests with their signatures.
      cause: new Error(`${answer}: ${said}`),
      details: { path: uri, s3Code: failure.code, status: status ?? null, attempts },
      isRetryable: code === "STORAGE_FAILED" && isPassing(failure),
    },
  );
}

function verdictOf(failure: S3Failure, access: Access, endpoint: string): readonly [ErrorCode, string] {
  const { code, status } = failure;
  if (credentialCodes.has(code))
    return [
      "STORAGE_UNAUTHORIZED",
      code === "CredentialsProviderError"
        ? "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role"
        : code.startsWith("Expired") || code === "TokenRefreshRequired"
          ? "the session has ended: get credentials anew"
          : `the credentials are not those of ${endpoint}: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN or AWS_PROFILE`,
    ];
  if (clockCodes.has(code))
    return [
      "STORAGE_UNAUTHORIZED",
      "the clock of this machine and that of the server differ by too much: set the clock",
    ];
  if (code === "NoSuchBucket")
    return [access === "read" ? "INPUT_NOT_FOUND" : "OUTPUT_UNWRITABLE", `there is no such bucket at ${endpoint}`];
  if (code === "InvalidObjectState") return ["INPUT_UNREADABLE", "the object is archived: restore it first"];
  if (status === 507 || fullCodes.has(code)) return ["STORAGE_FULL", ""];
  if (status === 403 || code === "AccessDenied")
    return access === "read"
      ? [
          "INPUT_UNREADABLE",
          "the credentials may not read it, or may not list the bucket, without which S3 says so of what does not exist",
        ]
      : [
          "OUTPUT_UNWRITABLE",
          "the credentials may not write there: s3:PutObject, s3:GetObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload are needed",
        ];
  if (status === 404 && code !== "NoSuchUpload") return [access === "read" ? "INPUT_NOT_FOUND" : "STORAGE_FAILED", ""];
  if (status === undefined) return ["STORAGE_FAILED", `${endpoint} gave no answer in ${failure.attempts} attempts`];
  if (status === 301 || status === 307 || code === "AuthorizationHeaderMalformed")
    return ["STORAGE_FAILED", "the bucket lies in another region: set AWS_REGION"];
  return ["STORAGE_FAILED", isPassing(failure) ? `tried ${failure.attempts} times` : ""];
}

/** What an error of the SDK says. */
export function failureOfSdk(error: unknown): S3Failure {
  const metadata =
    error instanceof Error && "$metadata" in error && isJsonObject(error.$metadata) ? error.$metadata : {};
  const status = typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
  const attempts = typeof metadata.attempts === "number" ? metadata.attempts : 1;
  const system = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const name = error instanceof Error ? error.name : "Error";
  return {
    code: status === undefined ? (system ?? name) : nameOf(name, status),
    message: messageText(error),
    status,
    attempts,
  };
}

/** Answers to HEAD have no body: what the SDK then calls them says less than the status. */
function nameOf(name: string, status: number): string {
  if (!/^(?:Unknown|UnknownError|Error|\d+)$/.test(name)) return name;
  return status === 404 ? "NotFound" : status === 403 ? "AccessDenied" : status === 400 ? "BadRequest" : "Error";
}

function messageText(error: unknown): string {
  const message = messageOf(error);
  return message === "UnknownError" || message === "Unknown" ? "" : message;
}

/** What a failed answer's body says. */
export function failureOfBody(body: string, status: number, attempts: number): S3Failure {
  const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? "";
  const code = field("Code");
  return { code: code === "" ? nameOf("Error", status) : code, message: field("Message"), status, attempts };
}

export function hasStatus(error: unknown, status: number): error is PipelineError {
  return error instanceof PipelineError && error.details.status === status;
}
