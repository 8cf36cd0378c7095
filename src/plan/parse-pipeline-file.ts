import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Range,
  type Scalar,
  visit,
} from "yaml";
import { messageOf } from "../model/errors.ts";
import type { Json } from "../model/json.ts";
import { errorOfFindings, type Finding, type KeyPath, type Place, pathText } from "./finding.ts";
import { plainData } from "./plain-data.ts";

/** A pipeline file as plain data, not yet checked against any schema, that still knows where everything stands. */
export interface PipelineDocument {
  readonly value: Json;
  /** How messages call it: the file's name, or `the pipeline`. */
  readonly name: string;
  /** Who wrote what the document holds. */
  readonly writtenBy: "file" | "code" | "inference";
  /** Where a key or its value stands; of what is not there, the nearest thing around it. */
  placeOf(path: KeyPath, what: "key" | "value"): Place | undefined;
}

/**
 * Parses YAML 1.2, or JSON, which is YAML. Throws FILE_SYNTAX with file, line, column and the line itself.
 * Aliases are followed; tags, several documents in one file and keys that appear twice are errors.
 */
export function parsePipelineFile(text: string, fileName: string): PipelineDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    const start = lineCounter.lineStarts[line - 1] ?? 0;
    const lineText = /^[^\r\n]*/.exec(text.slice(start))?.[0] ?? "";
    return { file: fileName, line, column: col, text: lineText };
  };
  const lost = aliasWithoutAnchor(document);
  if (lost !== undefined) {
    throw syntaxError(`no \`&${lost.source}\` stands before \`*${lost.source}\``, placeAt(startOf(lost)), fileName);
  }
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw syntaxError(syntaxMessage(problem.code, problem.message), placeAt(problem.pos[0]), fileName);
  }
  nameNull(document);
  const placeOf = (path: KeyPath, what: "key" | "value") => placeAt(offsetOf(document, path, what));
  const findings: Finding[] = [];
  const value = plainData(valueOf(document, fileName, placeAt(0)), (path, message) => {
    findings.push({ ...notPlain(path, message), place: placeOf(path, "value") });
  });
  if (findings.length > 0) throw errorOfFindings(findings, fileName);
  return { value, name: fileName, writtenBy: "file", placeOf };
}

/** The document of a pipeline that is data already. Throws INVALID_OPTION when JSON cannot hold it. */
export function documentOfValue(value: unknown, writtenBy: "code" | "inference"): PipelineDocument {
  const name = "the pipeline";
  const findings: Finding[] = [];
  const data = plainData(value, (path, message) => findings.push(notPlain(path, message)));
  if (findings.length > 0) throw errorOfFindings(findings, name);
  return { value: data, name, writtenBy, placeOf: () => undefined };
}

function notPlain(path: KeyPath, problem: string): Finding {
  return { code: "INVALID_OPTION", message: `${JSON.stringify(pathText(path))}: ${problem}.`, path };
}

function valueOf(document: Document.Parsed, fileName: string, start: Place): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that multiply without end.
    throw syntaxError(messageOf(error), start, fileName);
  }
}

function syntaxError(message: string, place: Place, fileName: string) {
  return errorOfFindings([{ code: "FILE_SYNTAX", message: `not valid YAML: ${message}`, path: [], place }], fileName);
}

function syntaxMessage(code: string, message: string): string {
  switch (code) {
    case "DUPLICATE_KEY":
      return "this key appears twice; keep one";
    case "MULTIPLE_DOCS":
      return "a second document begins here; a pipeline file holds one pipeline";
    case "TAB_AS_INDENT":
      return "this line is indented with a tab; indent with spaces";
    case "BLOCK_AS_IMPLICIT_KEY":
      return "a second `key:` on one line; put it on its own line, or write `{ key: value }`";
    case "TAG_RESOLVE_FAILED":
      return `${message}; tags are not used in pipeline files`;
    default:
      return message.charAt(0).toLowerCase() + message.slice(1);
  }
}

/** YAML reads the word `null` as nothing, but a component can have that name: `sink: null`, `sink: { null: {} }`. */
function nameNull(document: Document.Parsed): void {
  const isNullWord = (node: unknown): node is Scalar => isScalar(node) && node.value === null && node.source === "null";
  visit(document, {
    Pair(_key, { key, value }, above) {
      if (isNullWord(key)) key.value = "null";
      const isAtTop = above.length === 2;
      if (isAtTop && isScalar(key) && key.value === "sink" && isNullWord(value)) value.value = "null";
    },
  });
}

function aliasWithoutAnchor(document: Document.Parsed): Alias | undefined {
  let lost: Alias | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      lost = alias;
      return visit.BREAK;
    },
  });
  return lost;
}

/** Offset of what `path` leads to, as far as it leads. */
function offsetOf(document: Document.Parsed, path: KeyPath, what: "key" | "value"): number {
  let node: unknown = document.contents;
  let key: unknown = node;
  let isBareName = false;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (item === undefined) return startOf(key);
      key = item;
      node = item;
    } else if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step));
      if (pair === undefined) return startOf(key);
      key = pair.key;
      node = pair.value;
    } else {
      // A name without options, inside which there is nothing more to lead to.
      isBareName = true;
      break;
    }
  }
  const range = rangeOf(node);
  return (what === "value" || isBareName) && range !== undefined && range[1] > range[0] ? range[0] : startOf(key);
}

function startOf(node: unknown): number {
  return rangeOf(node)?.[0] ?? 0;
}

function rangeOf(node: unknown): Range | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}
