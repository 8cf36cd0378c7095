import type { ErrorCode } from "../model/error-codes.ts";
import { messageOf, PipelineError } from "../model/errors.ts";

/** The system's code of a failed file-system call: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** True when the error says that nothing lies at the path. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

const readCodes: { readonly [systemCode: string]: ErrorCode } = {
  ENOENT: "INPUT_NOT_FOUND",
  ENOTDIR: "INPUT_NOT_FOUND",
  EACCES: "INPUT_UNREADABLE",
  EPERM: "INPUT_UNREADABLE",
  EISDIR: "INPUT_UNREADABLE",
  ELOOP: "INPUT_UNREADABLE",
  ENAMETOOLONG: "INPUT_UNREADABLE",
};

const writeCodes: { readonly [systemCode: string]: ErrorCode } = {
  ENOSPC: "STORAGE_FULL",
  EDQUOT: "STORAGE_FULL",
  EACCES: "OUTPUT_UNWRITABLE",
  EPERM: "OUTPUT_UNWRITABLE",
  EROFS: "OUTPUT_UNWRITABLE",
  ENOTDIR: "OUTPUT_UNWRITABLE",
  EISDIR: "OUTPUT_UNWRITABLE",
  ENAMETOOLONG: "OUTPUT_UNWRITABLE",
};

const passingCodes = new Set([
  "EMFILE",
  "ENFILE",
  "EIO",
  "EAGAIN",
  "EBUSY",
  "EINTR",
  "ENOMEM",
  "ESTALE",
  "ETIMEDOUT",
  "ENETDOWN",
  "EHOSTDOWN",
]);

/** The PipelineError for a file-system call that failed while `doing` something at `path`. */
export function localError(error: unknown, access: "read" | "write", doing: string, path: string): PipelineError {
  if (error instanceof PipelineError) return error;
  const system = systemCode(error);
  const code =
    (system === undefined ? undefined : (access === "read" ? readCodes : writeCodes)[system]) ?? "STORAGE_FAILED";
  return new PipelineError(code, `${doing} ${JSON.stringify(path)} failed: ${messageOf(error)}`, {
    cause: error,
    details: { path, systemCode: system ?? null },
    isRetryable: code === "STORAGE_FAILED" && system !== undefined && passingCodes.has(system),
  });
}
