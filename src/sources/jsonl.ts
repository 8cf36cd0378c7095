import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { defineSource, type SourceItem, type Split } from "../contract/source.ts";
import { byteSize } from "../contract/units.ts";
import { messageOf, PipelineError } from "../model/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import type { Part } from "../model/sample.ts";
import { tooLarge } from "./assemble-sample.ts";
import type { ByteLine } from "./byte-lines.ts";
import { decodeUtf8, firstInvalidUtf8, invalidText, invalidUtf8Option } from "./decode-text.ts";
import { cutLineSplits, type LineSplit, lineSplitOf, linesOfSplit, restOf } from "./line-splits.ts";
import { listInput, locationOptions } from "./list-input.ts";
import { readyBytes, sampleItem, unreadableItem } from "./read-items.ts";
import { UniqueIds } from "./unique-ids.ts";

const options = z.strictObject({
  ...locationOptions,
  textField: z
    .string()
    .min(1)
    .nullable()
    .default("text")
    .describe("Field that holds the text; it becomes the part `text`. null = records without text."),
  idField: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Field that holds the sample's id, a string or a number. A second record with one id fails. Without it the id is `<path>:<byte offset>`.",
    ),
  maxLineBytes: byteSize
    .default(64 * 2 ** 20)
    .describe("Longest line that is read; a longer one fails and the next is read."),
  invalidUtf8: invalidUtf8Option,
  splitBytes: byteSize
    .default(64 * 2 ** 20)
    .describe(
      "Byte range after which a split, and with it a shard, ends. The first splits are smaller, so that small inputs keep several workers busy: 32 of 2 MiB, 32 of 4 MiB and so on. A compressed file is one split.",
    ),
});
type JsonlOptions = z.output<typeof options>;

const folderPatterns = ["**/*.{jsonl,ndjson}{,.gz,.zst}"];
const recordsPerBatch = 256;
const unpairedSurrogate = /\p{Surrogate}/u;
const allUnpairedSurrogates = /\p{Surrogate}/gu;

/**
 * JSON lines: one object a line, plain, gzip or zstd (told by content). The text field becomes
 * the part `text`, every other field an attribute. A line that cannot be used fails as one sample and names its
 * byte offset; where a compressed stream breaks off, one failed sample `<path>:rest` stands for what is lost.
 */
export const jsonl = defineSource<JsonlOptions, z.input<typeof options>>({
  name: "jsonl",
  summary: "JSON lines, plain, gzip or zstd; one object a line.",
  options,
  produces: ({ textField }) => ({ attributes: [], isOpen: true, parts: textField === null ? [] : ["text"] }),
  resolveLocations: (given, resolve) => ({ ...given, path: resolve(given.path) }),
  open: async (given) => ({
    splits: (signal, leavesOut) =>
      cutLineSplits(listInput(given, folderPatterns, signal, leavesOut), given.splitBytes, signal),
    read: (split, signal) => readSplit(split, given, signal),
  }),
});

async function* readSplit(
  split: Split,
  given: JsonlOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceItem[]> {
  const owned = lineSplitOf(split);
  const ids = given.idField === undefined ? undefined : new UniqueIds();
  const batch: SourceItem[] = [];
  let held = 0;
  try {
    for await (const lines of linesOfSplit(owned, given.maxLineBytes, signal)) {
      for (const line of lines) {
        const item = itemOfLine(line, owned, given, ids);
        if (item !== undefined) batch.push(item);
        held += line.byteLength;
        if (batch.length < recordsPerBatch && held < readyBytes) continue;
        // Emptied: what this generator kept while the batch is worked on would grow old.
        yield batch.splice(0);
        held = 0;
        signal.throwIfAborted();
      }
    }
  } catch (error) {
    const rest = restOf(owned, error);
    batch.push(unreadableItem(rest.id, rest.uri, rest.error));
  }
  if (batch.length > 0) yield batch;
}

function itemOfLine(
  line: ByteLine,
  { file, relative, compression }: LineSplit,
  given: JsonlOptions,
  ids: UniqueIds | undefined,
): SourceItem | undefined {
  const position = `${relative}:${line.offset}`;
  if (isBlank(line)) return undefined;
  const range = compression === "none" ? { offset: line.offset, length: line.byteLength } : undefined;
  try {
    const record = parseLine(line, file.uri, given);
    const id = given.idField === undefined ? position : idOf(record, given.idField, line, file.uri);
    ids?.claim(id, `the line at byte ${line.offset} of ${JSON.stringify(file.uri)}`);
    const { parts, attributes } = partsOf(record, line, file.uri, given);
    return sampleItem({ id, parts, attributes }, file.uri, range);
  } catch (error) {
    if (error instanceof PipelineError && error.scope === "sample")
      return unreadableItem(position, file.uri, error, range);
    throw error;
  }
}

function isBlank({ bytes }: ByteLine): boolean {
  if (bytes === undefined) return false;
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

function parseLine({ offset, bytes, byteLength }: ByteLine, uri: string, given: JsonlOptions): JsonObject {
  const where = `the line at byte ${offset} of ${JSON.stringify(uri)}`;
  if (bytes === undefined) throw tooLarge(where, byteLength, given.maxLineBytes, "maxLineBytes");
  if (given.invalidUtf8 === "fail" && !isUtf8(bytes)) {
    throw invalidText(offset + firstInvalidUtf8(bytes), "UTF-8", "RECORD_INVALID", where);
  }
  let record: unknown;
  try {
    record = JSON.parse(offset === 0 ? decodeUtf8(bytes) : bytes.toString());
  } catch (error) {
    throw new PipelineError("RECORD_INVALID", `${where} is not valid JSON: ${messageOf(error)}`, {
      cause: error,
      details: { byteOffset: offset },
    });
  }
  if (isJsonObject(record)) return record;
  throw invalid(
    where,
    offset,
    `holds ${Array.isArray(record) ? "an array" : JSON.stringify(record)}, expected an object`,
  );
}

function idOf(record: JsonObject, field: string, { offset }: ByteLine, uri: string): string {
  const id = record[field];
  if ((typeof id === "string" && id !== "") || typeof id === "number") return String(id);
  const where = `the line at byte ${offset} of ${JSON.stringify(uri)}`;
  throw invalid(
    where,
    offset,
    `has ${describe(id)} in the id field ${JSON.stringify(field)}, expected a string or a number`,
  );
}

function partsOf(
  record: JsonObject,
  { offset, bytes }: ByteLine,
  uri: string,
  given: JsonlOptions,
): { readonly parts: readonly Part[]; readonly attributes: JsonObject } {
  if (given.textField === null) return { parts: [], attributes: record };
  const { [given.textField]: value, ...attributes } = record;
  const where = `the line at byte ${offset} of ${JSON.stringify(uri)}`;
  if (typeof value !== "string") {
    const fields = Object.keys(attributes).slice(0, 10).join(", ");
    throw invalid(
      where,
      offset,
      `has ${describe(value)} in the text field ${JSON.stringify(given.textField)}, expected a string; its other fields are: ${fields || "none"}`,
    );
  }
  let text = value;
  // Only an escape can bring half a character into a string that came from bytes.
  if (bytes?.includes("\\u") && unpairedSurrogate.test(value)) {
    if (given.invalidUtf8 === "fail") throw invalid(where, offset, "has an unpaired surrogate in its text");
    text = value.replace(allUnpairedSurrogates, "\ufffd");
  }
  return { parts: [{ kind: "text", name: "text", mediaType: "text/plain", text }], attributes };
}

function describe(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 40);
}

function invalid(where: string, byteOffset: number, what: string): PipelineError {
  return new PipelineError("RECORD_INVALID", `${where} ${what}`, { details: { byteOffset } });
}
