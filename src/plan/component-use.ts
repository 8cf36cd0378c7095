import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { receivedText } from "./expectation.ts";
import type { Finding, KeyPath } from "./finding.ts";
import type { PipelineDocument } from "./parse-pipeline-file.ts";

export type ComponentRole = "source" | "operator" | "sink";

/** A component as a pipeline file names it, its options not yet checked. */
export interface ComponentUse {
  readonly role: ComponentRole;
  readonly name: string;
  readonly options: JsonObject;
  /** How messages call it: `source (files)`, `step 2 (filter-blur)`. */
  readonly subject: string;
  /** The place that it takes: `["source"]`, `["steps", 1]`. */
  readonly rolePath: KeyPath;
  /** Where its name and its options stand, whether it is written with options or as a bare name. */
  readonly path: KeyPath;
}

type Report = (finding: Finding) => void;

/** Reads `name`, or `{ name: options }`. Undefined after a finding was reported. */
export function readComponentUse(
  value: Json | undefined,
  role: ComponentRole,
  path: KeyPath,
  document: PipelineDocument,
  report: Report,
): ComponentUse | undefined {
  const label = role === "operator" ? `step ${Number(path.at(-1)) + 1}` : role;
  const refuse = (message: string, at: KeyPath, what: "key" | "value" = "value") => {
    report({
      code: "INVALID_OPTION",
      message: `${label}: ${message}`,
      path: at,
      place: document.placeOf(at, what),
      received: receivedText(value),
    });
    return undefined;
  };
  const use = (name: string, options: JsonObject): ComponentUse => {
    return { role, name, options, subject: `${label} (${name})`, rolePath: path, path: [...path, name] };
  };
  if (typeof value === "string" && value !== "") return use(value, {});
  if (!isJsonObject(value)) return refuse(`expected ${forms(role)}, received ${receivedText(value)}.`, path);
  const names = Object.keys(value);
  const [name] = names;
  if (name === undefined) return refuse(`expected ${forms(role)}, received an empty mapping.`, path);
  if (names.length > 1) return refuse(severalKeys(name, names, value, role), path);
  const options = value[name] ?? {};
  if (isJsonObject(options)) return use(name, options);
  return refuse(
    `the options of ${JSON.stringify(name)} are a mapping such as \`${name}: { option: value }\`, received ${receivedText(options)}.`,
    [...path, name],
  );
}

function forms(role: ComponentRole): string {
  const names = { source: "files", operator: "hash-image", sink: "webdataset" };
  return `a name such as \`${names[role]}\`, or one name with its options such as \`${names[role]}: { option: value }\``;
}

function severalKeys(name: string, names: readonly string[], value: JsonObject, role: ComponentRole): string {
  const count = `expected one name with its options, received ${names.length} keys (${names.join(", ")}).`;
  if (value[name] === null) return `${count} Indent the options of ${JSON.stringify(name)} deeper than its name.`;
  return role === "operator" ? `${count} Begin every step with its own "- ".` : count;
}
