import type { Catalog } from "../../contract/catalog.ts";
import { openPlanSource } from "../../contract/open-plan-source.ts";
import type { InputFile, OpenedSource } from "../../contract/source.ts";
import { formatBytes } from "../../contract/units.ts";
import { asPipelineError, errorRecord, PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { formatCount, plural } from "../../telemetry/format-quantity.ts";
import { type ListedInput, listSplits } from "../list-splits.ts";
import { finding, type PreflightCheck, type PreflightFinding, placeOf, thrownFinding } from "./finding.ts";

const mostOpened = 64;
const openedAtOnce = 8;

interface CheckedInput {
  readonly check: PreflightCheck;
  /** Undefined when it could not be listed. */
  readonly listed: ListedInput | undefined;
}

/** Lists the input and opens some of its files, spread over the splits. Rejects only when `signal` aborts. */
export async function checkInput(
  resolved: ResolvedPipeline,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<CheckedInput> {
  const { plan } = resolved;
  const where = placeOf(resolved, `source.${plan.source.name}`);
  let source: OpenedSource | undefined;
  try {
    source = await openPlanSource(plan, catalog);
    const listed = await listSplits(source, signal);
    if (listed.splits === 0) throw new PipelineError("INPUT_EMPTY", "the source found nothing to read");
    return { check: await checkFiles(listed, signal), listed };
  } catch (thrown) {
    signal.throwIfAborted();
    const compared = expectedOf[asPipelineError(thrown, "INTERNAL", "").code] ?? {};
    const findings = [thrownFinding(thrown, where, compared)];
    return {
      check: { name: "input", figure: "cannot be listed", facts: {}, isSkipped: false, findings },
      listed: undefined,
    };
  } finally {
    await source?.close?.();
  }
}

const expectedOf: { readonly [code: string]: { readonly expected: string; readonly received: string } } = {
  INPUT_NOT_FOUND: { expected: "a file or folder", received: "nothing at that path" },
  INPUT_EMPTY: { expected: "at least one sample", received: "none" },
};

async function checkFiles(listed: ListedInput, signal: AbortSignal): Promise<PreflightCheck> {
  const files = filesToOpen(listed);
  const failed: { readonly file: InputFile; readonly error: PipelineError }[] = [];
  for (let start = 0; start < files.length; start += openedAtOnce) {
    signal.throwIfAborted();
    const errors = await Promise.all(
      files.slice(start, start + openedAtOnce).map(async (file) => ({ file, error: await openFile(file) })),
    );
    for (const { file, error } of errors) if (error !== undefined) failed.push({ file, error });
  }
  const size = `${plural(listed.files, "file")}, ${formatBytes(listed.bytes)} in ${plural(listed.splits, "split")}`;
  const bad = failed.length === 0 ? "" : `, ${formatCount(failed.length)} of them empty or unreadable`;
  return {
    name: "input",
    figure: `${size}; ${formatCount(files.length)} opened${bad}`,
    facts: {
      files: listed.files,
      bytes: listed.bytes,
      splits: listed.splits,
      samples: listed.samples,
      opened: files.length,
      failed: failed.map(({ file, error }) => ({
        uri: file.uri,
        code: error.code,
        message: errorRecord(error).message,
      })),
    },
    isSkipped: false,
    findings: failureFinding(failed, files.length),
  };
}

function failureFinding(
  failed: readonly { readonly file: InputFile; readonly error: PipelineError }[],
  opened: number,
): readonly PreflightFinding[] {
  const [first] = failed;
  if (first === undefined || failed.length * 2 <= opened) return [];
  const isAll = failed.length === opened;
  return [
    finding(isAll ? "error" : "warning", first.error, first.file.uri, {
      expected: "files that can be read",
      received: `${isAll ? "none" : formatCount(opened - failed.length)} of ${formatCount(opened)} opened`,
    }),
  ];
}

/** Spread over the splits and over the files of each; a file that several splits share comes once. */
function filesToOpen({ spread }: ListedInput): readonly InputFile[] {
  const files = new Map<string, InputFile>();
  const mostOfEach = Math.max(1, Math.floor(mostOpened / Math.max(1, spread.length)));
  for (const [index, split] of spread.entries()) {
    const count = Math.min(mostOfEach, split.files.length);
    for (let taken = 0; taken < count; taken++) {
      const at = Math.floor(((taken + index / spread.length) * split.files.length) / count);
      const file = split.files[at];
      if (file !== undefined) files.set(file.uri, file);
    }
  }
  return [...files.values()];
}

/** Undefined when the file is what was listed, and has content that can be read. */
async function openFile({ uri, bytes, version }: InputFile): Promise<PipelineError | undefined> {
  if (bytes === 0) return new PipelineError("SAMPLE_EMPTY", `${JSON.stringify(uri)} holds no bytes`);
  try {
    await storageFor(uri).read(uri, { version, range: { offset: 0, length: 1 } });
    return undefined;
  } catch (cause) {
    return asPipelineError(cause, "INPUT_UNREADABLE", `${JSON.stringify(uri)} cannot be read`);
  }
}
