import { fitText, type Paint, type Style } from "../../telemetry/paint.ts";
import { wrapText } from "../../telemetry/wrap-text.ts";
import { type CheckStatus, type PreflightCheck, type PreflightFinding, statusOf } from "./finding.ts";

const styles: { readonly [Status in CheckStatus]: Style } = {
  ok: "green",
  skipped: "dim",
  warning: "yellow",
  error: "red",
};
const indent = 2;
const statusWidth = 9;
const nameWidth = 9;

/** `ok       input    12 files, 3 MiB in 1 split; 12 opened`, wrapped behind its columns. */
export function checkLines(check: PreflightCheck, width: number, paint: Paint): readonly string[] {
  const status = statusOf(check);
  const lead = `${paint(styles[status], status)}${" ".repeat(statusWidth - status.length)}${paint("bold", check.name)}${" ".repeat(nameWidth - check.name.length)}`;
  return wrapped(check.figure, width - indent - statusWidth - nameWidth).map((line, index) =>
    index === 0 ? `${" ".repeat(indent)}${lead}${line}` : `${" ".repeat(indent + statusWidth + nameWidth)}${line}`,
  );
}

/** Every finding, errors first, each with where, what, expected against received, and what to do. */
export function findingLines(checks: readonly PreflightCheck[], width: number, paint: Paint): readonly string[] {
  const findings = checks.flatMap((check) => check.findings);
  const ordered = [
    ...findings.filter(({ severity }) => severity === "error"),
    ...findings.filter(({ severity }) => severity === "warning"),
  ];
  return ordered.flatMap((found) => ["", ...oneFinding(found, width, paint)]);
}

function oneFinding(found: PreflightFinding, width: number, paint: Paint): readonly string[] {
  const { severity, code, where, message, expected, received, remedy } = found;
  const compared = [
    ...(expected === null ? [] : [`expected ${expected}`]),
    ...(received === null ? [] : [`received ${received}`]),
  ].join("; ");
  const body = width - indent;
  return [
    `${paint(styles[severity], `${severity} ${code}`)}  ${fitText(where, Math.max(20, width - severity.length - code.length - 3))}`,
    ...wrapped(message, body).map((line) => `${" ".repeat(indent)}${line}`),
    ...wrapped(compared, body).map((line) => `${" ".repeat(indent)}${paint("cyan", line)}`),
    ...wrapped(remedy, body).map((line) => `${" ".repeat(indent)}${paint("dim", line)}`),
  ];
}

/** Paths and messages come from data: nothing in them may move the cursor. */
function wrapped(text: string, width: number): readonly string[] {
  return wrapText(text, Math.max(20, width)).map((line) => fitText(line, 500));
}
