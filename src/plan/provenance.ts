import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import type { ComponentUse } from "./component-use.ts";
import { type KeyPath, pathText } from "./finding.ts";
import { valueAt } from "./option-findings.ts";
import type { PipelineDocument } from "./parse-pipeline-file.ts";
import type { Override } from "./settings-overrides.ts";

/** Where a value of the resolved pipeline came from. */
export type Origin =
  | Override
  | { readonly from: "file"; readonly file: string; readonly line: number }
  /** Written in a program. */
  | { readonly from: "code"; readonly name?: string }
  /** Chosen by looking at the input. */
  | { readonly from: "inference" }
  | { readonly from: "default" };

/** By path in the pipeline file, in its order: `steps[1].filter-blur.minLaplacianVariance`. */
export type Provenance = ReadonlyMap<string, Origin>;

/** `pipeline.yaml:4`, `flag --to`, `environment OUTPUT_PATH`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.from) {
    case "file":
      return `${origin.file}:${origin.line}`;
    case "flag":
    case "environment":
      return `${origin.from} ${origin.name}`;
    case "code":
      return origin.name ?? "code";
    case "inference":
      return "inferred from the input";
    default:
      return origin.from;
  }
}

/** Notes where each value came from: the component's name, and every option that it ends up with. */
export function noteComponent(
  provenance: Map<string, Origin>,
  document: PipelineDocument,
  use: ComponentUse,
  options: JsonObject,
): void {
  provenance.set(pathText(use.path), writtenOrigin(document, use.path));
  noteMembers(provenance, document, use.path, options);
}

/** Notes the members of a section of the file that no component owns: `output`, `seed`, `run`. */
export function noteSettings(
  provenance: Map<string, Origin>,
  document: PipelineDocument,
  overrides: ReadonlyMap<string, Override>,
  paths: readonly KeyPath[],
): void {
  for (const path of paths) {
    const text = pathText(path);
    provenance.set(text, overrides.get(text) ?? originOf(document, path));
  }
}

function noteMembers(
  provenance: Map<string, Origin>,
  document: PipelineDocument,
  path: KeyPath,
  options: JsonObject,
): void {
  for (const [key, value] of Object.entries(options)) {
    const member = [...path, key];
    provenance.set(pathText(member), originOf(document, member));
    if (isJsonObject(value) && isJsonObject(valueAt(document.value, member))) {
      noteMembers(provenance, document, member, value);
    }
  }
}

function originOf(document: PipelineDocument, path: KeyPath): Origin {
  const written: Json | undefined = valueAt(document.value, path);
  return written === undefined || written === null ? { from: "default" } : writtenOrigin(document, path);
}

function writtenOrigin(document: PipelineDocument, path: KeyPath): Origin {
  if (document.writtenBy === "code") return { from: "code" };
  if (document.writtenBy === "inference") return { from: "inference" };
  const place = document.placeOf(path, "key");
  return place === undefined ? { from: "default" } : { from: "file", file: place.file, line: place.line };
}
