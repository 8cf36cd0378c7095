import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import type { BatchOperator, MapOperator, Outcome, Signature } from "../../contract/operator.ts";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { declaredSignature, type OperatorModuleOptions } from "./operator-module-options.ts";

type UserOperator = MapOperator | BatchOperator;

/** The user's operator and its options, parsed by its own schema. */
export interface LoadedOperator<Operator extends UserOperator> {
  readonly operator: Operator;
  readonly options: unknown;
}

/**
 * Imports the module and holds it against what the pipeline file declares. Rejects with INVALID_OPERATOR,
 * which names the broken rule, INVALID_OPTION, or UNSUPPORTED_SCHEME for a module that is no local file.
 */
export async function loadMapOperator(options: OperatorModuleOptions): Promise<LoadedOperator<MapOperator>> {
  const operator = await importOperator(options);
  if (operator.kind !== "map") throw wrongKind(options, operator.kind, "map-module");
  return { operator, options: parseOptions(operator, options) };
}

/** As `loadMapOperator`, for operators made by `defineBatch`. */
export async function loadBatchOperator(options: OperatorModuleOptions): Promise<LoadedOperator<BatchOperator>> {
  const operator = await importOperator(options);
  if (operator.kind !== "batch") throw wrongKind(options, operator.kind, "batch-module");
  return { operator, options: parseOptions(operator, options) };
}

/**
 * Digest of the module's file, so that a run which is resumed after an edit is refused. What the module
 * imports is not covered. Rejects with INVALID_OPERATOR when the file cannot be read.
 */
export async function moduleFingerprint(options: OperatorModuleOptions): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(moduleUrl(options.module)))
      .digest("hex");
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw invalid(options, `cannot be loaded: ${messageOf(error)}`, error);
  }
}

/** The outcome itself when it has the shape of one; throws OPERATOR_CONTRACT otherwise. */
export function checkedOutcome(outcome: Outcome): Outcome {
  const given: unknown = outcome;
  if (isOutcome(given)) return given;
  throw new PipelineError(
    "OPERATOR_CONTRACT",
    "expected { kind: 'keep', sample }, { kind: 'drop', reason } or { kind: 'split', samples }, where a sample has " +
      `parts and attributes; received ${JSON.stringify(given)?.slice(0, 200) ?? typeof given}`,
  );
}

async function importOperator(options: OperatorModuleOptions): Promise<UserOperator> {
  const url = moduleUrl(options.module);
  let module: unknown;
  try {
    module = await import(url.href);
  } catch (error) {
    throw invalid(options, `cannot be loaded: ${messageOf(error)}`, error);
  }
  const exported = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  if (!isOperator(exported)) throw invalid(options, brokenRule(exported) ?? "is no operator");
  return exported;
}

function moduleUrl(location: string): URL {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(location)) return pathToFileURL(location);
  const url = new URL(location);
  if (url.protocol === "file:") return url;
  throw new PipelineError("UNSUPPORTED_SCHEME", `module ${location}: expected a local path, received ${url.protocol}`);
}

const specShape = z.object({
  kind: z.enum(["map", "batch", "gather"]),
  name: z.string().min(1),
  summary: z.string().min(1),
  signature: z.custom((value) => typeof value === "function", { error: "expected a function" }),
  dropReasons: z.custom((value) => typeof value === "function", { error: "expected a function" }),
  open: z.custom((value) => typeof value === "function", { error: "expected a function" }),
  options: z.custom((value) => typeof value === "object" && value !== null && "safeParse" in value, {
    error: "expected a zod schema",
  }),
});

function isOperator(value: unknown): value is UserOperator {
  return brokenRule(value) === undefined;
}

function brokenRule(exported: unknown): string | undefined {
  if (exported === undefined) return "has no default export; expected `export default defineMap({ ... })`";
  const parsed = specShape.safeParse(exported);
  if (parsed.success) return undefined;
  return `its default export is no operator: ${describeIssues(parsed.error, "")}`;
}

function parseOptions(operator: UserOperator, declared: OperatorModuleOptions): unknown {
  const parsed = operator.options.safeParse(declared.options);
  if (!parsed.success)
    throw new PipelineError(
      "INVALID_OPTION",
      `${operator.name} (${declared.module}): ${describeIssues(parsed.error, "options")}`,
    );
  const folder = new URL(".", moduleUrl(declared.module));
  const options =
    operator.resolveLocations?.(parsed.data, (location) => fileURLToPath(new URL(location, folder))) ?? parsed.data;
  checkDeclaration(operator, options, declared);
  return options;
}

function describeIssues(error: z.ZodError, root: string): string {
  return error.issues
    .map((issue) => {
      const path = [root, ...issue.path.map(String)].filter((key) => key !== "").join(".");
      return path === "" ? issue.message : `${path}: ${issue.message}`;
    })
    .join("; ");
}

/** What `check` was told must be what the operator says of itself, else its verdict is worth nothing. */
function checkDeclaration(operator: UserOperator, options: unknown, declared: OperatorModuleOptions): void {
  const expected = declaredSignature(declared);
  const actual: Signature = operator.signature(options);
  const differing = (["reads", "readsIfPresent", "writes", "removes", "parts", "addsParts"] as const)
    .filter((key) => asText(actual[key]) !== asText(expected[key]))
    .map((key) => `${key}: ${asText(actual[key])} (the step says ${asText(expected[key])})`);
  const reasons = operator.dropReasons(options);
  if (asText(reasons) !== asText(declared.dropReasons))
    differing.push(`dropReasons: ${asText(reasons)} (the step says ${asText(declared.dropReasons)})`);
  if (differing.length === 0) return;
  throw invalid(declared, `its signature differs from the step's; write in the pipeline file ${differing.join(", ")}`);
}

/** One text for equal sets of names, in the syntax of the pipeline file. */
function asText(names: readonly string[] | "unread" | undefined): string {
  return names === "unread" ? names : `[${[...new Set(names)].sort().join(", ")}]`;
}

function wrongKind(options: OperatorModuleOptions, kind: string, step: string): PipelineError {
  const advice = kind === "gather" ? "gather operators cannot be loaded from a module" : `use ${kind}-module`;
  return invalid(options, `holds a ${kind} operator, which ${step} cannot run; ${advice}`);
}

function invalid(options: OperatorModuleOptions, problem: string, cause?: unknown): PipelineError {
  return new PipelineError("INVALID_OPERATOR", `module ${options.module} ${problem}`, {
    details: { module: options.module },
    ...(cause === undefined ? {} : { cause }),
  });
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "keep") return "sample" in value && isSample(value.sample);
  if (value.kind === "drop") return "reason" in value && typeof value.reason === "string";
  return value.kind === "split" && "samples" in value && Array.isArray(value.samples) && value.samples.every(isSample);
}

function isSample(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("parts" in value) || !("attributes" in value)) return false;
  return Array.isArray(value.parts) && typeof value.attributes === "object" && value.attributes !== null;
}
