import type { OperatorSpec, Signature } from "../contract/operator.ts";
import type { SourceSpec } from "../contract/source.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { type CatalogWriters, catalogWriters } from "./attribute-writers.ts";
import { didYouMean, type Finding } from "./finding.ts";
import { openingOption } from "./opening-option.ts";
import type { ResolveContext, ResolvedComponent } from "./resolve-components.ts";
import { type SampleShape, shapeAfter, shapeOfProduction, unknownShape } from "./sample-shape.ts";
import { suggest } from "./suggest.ts";

interface FollowedStep {
  readonly resolved: ResolvedComponent<OperatorSpec>;
  readonly signature: Signature;
  readonly shape: SampleShape;
}

export interface FollowedPipeline {
  /** Mistakes that do not keep the pipeline from running, but probably were not meant. */
  readonly warnings: readonly Finding[];
}

/**
 * Follows attributes and kinds of parts from the source through every step.
 *
 * An attribute that a step reads must be written before it. Where the source is open (the input's
 * records can hold any field) only what a later step of the pipeline writes is an error: the two stand
 * in the wrong order. What an operator outside of the pipeline writes is a warning then, because the
 * output of an earlier run, scores and all, is legal input. What a step reads only where it is present
 * never is an error. Behind a step that could not be resolved anything is possible.
 */
export async function followSignatures(
  source: ResolvedComponent<SourceSpec> | undefined,
  steps: readonly (ResolvedComponent<OperatorSpec> | undefined)[],
  context: ResolveContext,
): Promise<FollowedPipeline> {
  const followed = followSteps(source, steps, context);
  const warnings: Finding[] = [];
  let loaded: CatalogWriters | undefined;
  for (const [index, step] of followed.entries()) {
    const unwritten = unwrittenReads(step);
    const lacksParts =
      step.signature.parts.length > 0 && !step.signature.parts.some((kind) => step.shape.parts.has(kind));
    if (unwritten.length === 0 && !lacksParts) continue;
    loaded ??= await catalogWriters(context.catalog);
    for (const attribute of unwritten) {
      const later = followed.slice(index + 1).find((each) => each.signature.writes.includes(attribute));
      const judged = judgeRead(attribute, step, later, source, loaded);
      if (judged === undefined) continue;
      const finding = findingAt(step, judged.message, "ATTRIBUTE_NOT_WRITTEN", context, judged.suggestion);
      if (judged.isError) context.report(finding);
      else warnings.push(finding);
    }
    if (lacksParts) {
      context.report(findingAt(step, missingParts(step, source, loaded), "PART_NOT_PRODUCED", context, undefined));
    }
  }
  return { warnings };
}

function followSteps(
  source: ResolvedComponent<SourceSpec> | undefined,
  steps: readonly (ResolvedComponent<OperatorSpec> | undefined)[],
  context: ResolveContext,
): readonly FollowedStep[] {
  const followed: FollowedStep[] = [];
  let shape = source === undefined ? unknownShape : shapeOfProduction(source.spec.produces(source.options));
  for (const resolved of steps) {
    const signature = resolved === undefined ? undefined : signatureOf(resolved, context);
    if (resolved === undefined || signature === undefined) {
      shape = unknownShape;
      continue;
    }
    followed.push({ resolved, signature, shape });
    shape = shapeAfter(shape, signature, resolved.use.subject);
  }
  return followed;
}

/** Undefined after it reported why the operator cannot say what it reads: an expression that cannot be parsed, say. */
function signatureOf(resolved: ResolvedComponent<OperatorSpec>, context: ResolveContext): Signature | undefined {
  const { use, spec, options } = resolved;
  try {
    return spec.signature(options);
  } catch (error) {
    const known = asPipelineError(error, "INVALID_OPERATOR", "its signature cannot be told");
    const message = error instanceof PipelineError ? known.message : `${known.message}. Run \`checkOperator\` on it.`;
    context.report({
      code: known.code,
      message: `${use.subject}: ${message}`,
      path: use.path,
      place: context.document.placeOf(use.path, "key"),
    });
    return undefined;
  }
}

function unwrittenReads({ signature, shape }: FollowedStep): readonly string[] {
  return [...signature.reads, ...(signature.readsIfPresent ?? [])].filter((name) => !shape.attributes.has(name));
}

interface Judgement {
  readonly isError: boolean;
  readonly message: string;
  readonly suggestion: string | undefined;
}

function judgeRead(
  attribute: string,
  step: FollowedStep,
  later: FollowedStep | undefined,
  source: ResolvedComponent<SourceSpec> | undefined,
  writers: CatalogWriters,
): Judgement | undefined {
  const { shape, signature } = step;
  const subject = step.resolved.use.subject;
  const isNeeded = signature.reads.includes(attribute);
  const quoted = JSON.stringify(attribute);
  const outside = writers.attributes.get(attribute) ?? [];
  const isWrittenElsewhere = later !== undefined || outside.length > 0;
  const remover = shape.removedBy.get(attribute) ?? (isWrittenElsewhere ? undefined : shape.closedBy);
  if (remover !== undefined) {
    return {
      isError: isNeeded,
      message: `${subject} reads the attribute ${quoted}, which ${remover} removes. Keep it there, or move ${subject} before it.`,
      suggestion: undefined,
    };
  }
  const suggestion = suggest(attribute, shape.attributes);
  if (shape.isOpen && !isWrittenElsewhere && suggestion === undefined) return undefined;
  const writer = writerText(subject, later, outside, shape.isOpen);
  const opening = shape.isOpen || isWrittenElsewhere || source === undefined ? undefined : openingOption(source);
  const openingText =
    opening === undefined
      ? ""
      : ` With \`${opening}: true\`, ${source?.use.subject ?? "the source"} takes attributes from the input too.`;
  const names = shape.attributes.size === 0 ? "nothing" : [...shape.attributes].join(", ");
  const available = isWrittenElsewhere ? "" : ` Written before it: ${names}.`;
  const known = shape.isOpen || isWrittenElsewhere || suggestion !== undefined ? "" : likeKnown(attribute, writers);
  const origin = shape.isOpen ? ": samples have it only if the input does" : "";
  return {
    isError: isNeeded && (!shape.isOpen || later !== undefined),
    message: `${subject} reads the attribute ${quoted}, which nothing before it writes${origin}.${writer}${didYouMean(suggestion)}${known}${available}${openingText}`,
    suggestion,
  };
}

/** An attribute of that sort which some operator writes. */
function likeKnown(attribute: string, writers: CatalogWriters): string {
  const like = suggest(attribute, writers.attributes.keys());
  const operators = like === undefined ? [] : (writers.attributes.get(like) ?? []);
  return like === undefined ? "" : ` Did you mean ${JSON.stringify(like)}, which ${operators.join(" or ")} writes?`;
}

function writerText(
  subject: string,
  later: FollowedStep | undefined,
  outside: readonly string[],
  isOpen: boolean,
): string {
  if (later !== undefined) {
    const writer = later.resolved.use.subject;
    return ` It is written by ${writer}, which comes later: move ${subject} behind it.`;
  }
  if (outside.length === 0) return "";
  const need = isOpen ? "if the input does not have it, add that step" : "add that step";
  return ` It is written by ${outside.join(" and by ")}, which is not in this pipeline: ${need} before ${subject}.`;
}

function missingParts(
  step: FollowedStep,
  source: ResolvedComponent<SourceSpec> | undefined,
  writers: CatalogWriters,
): string {
  const { signature, shape } = step;
  const wanted = signature.parts.join(" or ");
  const adders = [...new Set(signature.parts.flatMap((kind) => writers.parts.get(kind) ?? []))];
  const help =
    adders.length > 0
      ? `Put ${adders.join(" or ")} before it`
      : `Choose another source, or other options of ${source?.use.subject ?? "the source"}`;
  return `${step.resolved.use.subject} works on ${wanted} parts, but the samples that reach it hold ${[...shape.parts].join(", ") || "no part"} only. ${help}, or remove this step.`;
}

function findingAt(
  step: FollowedStep,
  message: string,
  code: Finding["code"],
  context: ResolveContext,
  suggestion: string | undefined,
): Finding {
  const { path } = step.resolved.use;
  return { code, message, path, place: context.document.placeOf(path, "key"), suggestion };
}
