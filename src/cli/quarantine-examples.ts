import { z } from "zod";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { ErrorCode } from "../model/error-codes.ts";
import { isErrorCode } from "../model/error-codes.ts";
import { storageFor } from "../storage/open-storage.ts";
import { joinUri } from "../storage/uri.ts";

const recordShape = z.looseObject({
  id: z.string(),
  uri: z.string(),
  step: z.string(),
  failureClass: z.enum(["bad-input", "operator-bug", "timeout", "memory", "storage", "configuration", "internal"]),
  position: z.number(),
  attempt: z.number(),
  planHash: z.string(),
  stage: z.number(),
  split: z.number(),
  error: z.looseObject({ code: z.custom<ErrorCode>(isErrorCode), message: z.string() }),
});

const mostFiles = 200;
const mostBytesPerFile = 256 * 1024;

/** Up to `perCode` quarantined samples of each error code, from the start of the quarantine. */
export async function quarantineExamples(output: string, perCode: number): Promise<readonly QuarantineRecord[]> {
  const folder = joinUri(output, "_quarantine");
  const storage = storageFor(folder);
  const examples = new Map<ErrorCode, QuarantineRecord[]>();
  let files = 0;
  for await (const file of storage.list(folder)) {
    if (!file.uri.endsWith(".jsonl")) continue;
    if (++files > mostFiles) break;
    const length = Math.min(file.bytes, mostBytesPerFile);
    const text = new TextDecoder().decode(await storage.read(file.uri, { range: { offset: 0, length } }));
    for (const line of wholeLines(text, length === file.bytes)) {
      const record = recordOf(line);
      if (record === undefined) continue;
      const known = examples.get(record.error.code) ?? [];
      if (known.length < perCode) examples.set(record.error.code, [...known, record]);
    }
  }
  return [...examples.values()].flat();
}

function wholeLines(text: string, isWhole: boolean): readonly string[] {
  const lines = text.split("\n");
  if (!isWhole) lines.pop();
  return lines.filter((line) => line !== "");
}

/** Undefined for a line that is no record: whoever replays the quarantine reports it; examples do without. */
function recordOf(line: string): QuarantineRecord | undefined {
  const parsed = recordShape.safeParse(parseLine(line));
  if (!parsed.success) return undefined;
  const { error, ...record } = parsed.data;
  return {
    ...record,
    error: { code: error.code, message: error.message, details: {}, isRetryable: false, stack: "", causes: [] },
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
