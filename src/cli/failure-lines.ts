import type { QuarantineRecord } from "../contract/quarantine.ts";
import { errorCodes } from "../model/error-codes.ts";
import { fitText, type Paint } from "../telemetry/paint.ts";
import { wrapText } from "../telemetry/wrap-text.ts";

/** What a quarantine record says of the failure itself, for a person: message, causes, what to do. */
export function failureLines(
  { error, failureClass }: QuarantineRecord,
  width: number,
  paint: Paint,
): readonly string[] {
  const { summary, remedy } = errorCodes[error.code];
  // A message that was built from its cause's has said it already.
  const causes = error.causes.filter((cause) => !error.message.includes(cause));
  return [
    `${paint("red", error.code)}  ${paint("dim", failureClass)}`,
    ...wrapped(error.message, width),
    ...causes.flatMap((cause) => wrapped(`cause: ${cause}`, width)),
    ...wrapped(`${summary} ${remedy}`, width).map((line) => paint("yellow", line)),
  ];
}

/** Where the failed sample lies, as a reader of bytes needs it. */
export function placeOf({ uri, range }: Pick<QuarantineRecord, "uri" | "range">): string {
  if (range === undefined) return uri;
  return `${uri}  bytes ${range.offset} to ${range.offset + range.length} (${range.length})`;
}

function wrapped(text: string, width: number): readonly string[] {
  return wrapText(fitText(text, 2000), width);
}
