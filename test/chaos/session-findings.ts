import { isErrorCode } from "../../src/model/error-codes.ts";
import { isJsonObject } from "../../src/model/json.ts";
import type { AccidentKind } from "./random-accidents.ts";
import type { Session, SessionEnd } from "./session.ts";

/** Codes that say that the product itself went wrong: no accident excuses them. */
const neverCodes = new Set(["INTERNAL", "PROTOCOL", "NOT_BALANCED", "LEDGER_CORRUPT"]);

const killing: ReadonlySet<AccidentKind> = new Set(["kill-coordinator", "kill-all", "kill-beside-stopped-worker"]);
const signalled: { readonly [kind in AccidentKind]?: { readonly signal: NodeJS.Signals; readonly code: number } } = {
  terminate: { signal: "SIGTERM", code: 143 },
  interrupt: { signal: "SIGINT", code: 130 },
  "interrupt-twice": { signal: "SIGINT", code: 130 },
};
/** What a session may fail with because of it. */
export const excusedCodes: { readonly [kind in AccidentKind]?: string } = {
  "full-disk": "STORAGE_FULL",
  "read-only-disk": "OUTPUT_UNWRITABLE",
};

/**
 * What is wrong with how a session ended, given what happened to it; each a sentence. A session that goes back may
 * find its checkpoint folded away.
 */
export function sessionFindings(
  session: Session,
  end: SessionEnd,
  happened: readonly AccidentKind[],
  goesBack = false,
): readonly string[] {
  const findings: string[] = [];
  const how = `exit ${end.code ?? end.signal}, after ${happened.join(", ") || "nothing"}`;
  const codes = [...session.stderr.matchAll(/^error (\w+): /gm)].map(([, code = ""]) => code);
  for (const code of codes) {
    if (!isErrorCode(code)) findings.push(`${how}: error ${code} is not in the table`);
    if (neverCodes.has(code)) findings.push(`${how}: error ${code}: ${firstLine(session.stderr)}`);
  }
  if (/^\s+at .*[:)]\d*/m.test(session.stderr)) findings.push(`${how}: a stack on standard error`);
  for (const line of session.strayLines) findings.push(`${how}: standard output has ${JSON.stringify(line)}`);
  const isTooLate = goesBack && end.code === 1 && codes.every((code) => code === "CHECKPOINT_NOT_FOUND");
  if (!isTooLate && !isExpectedEnd(end, codes, happened))
    findings.push(`${how}, which nothing explains: ${firstLine(session.stderr)}`);
  if (end.code === 0) findings.push(...successFindings(session).map((finding) => `${how}, yet ${finding}`));
  return findings;
}

function successFindings(session: Session): readonly string[] {
  const findings: string[] = [];
  const summary = session.events.find((event) => event.type === "run-finished")?.summary;
  if (!isJsonObject(summary) || summary.outcome !== "succeeded") findings.push("no event says that the run succeeded");
  if (session.stderr !== "" && !session.stderr.startsWith("warning: ")) {
    findings.push(`standard error has ${firstLine(session.stderr)}`);
  }
  return findings;
}

function isExpectedEnd(end: SessionEnd, codes: readonly string[], happened: readonly AccidentKind[]): boolean {
  if (end.code === 0) return codes.length === 0;
  if (end.signal === "SIGKILL") return happened.some((kind) => killing.has(kind));
  if (end.code !== null && end.code <= 2) {
    return codes.length > 0 && codes.every((code) => happened.some((kind) => excusedCodes[kind] === code));
  }
  // A signal that comes before anybody listens for it ends the process by itself.
  return happened.some((kind) => signalled[kind]?.code === end.code || signalled[kind]?.signal === end.signal);
}

function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line === "" ? "nothing is said on standard error" : line.slice(0, 300);
}
