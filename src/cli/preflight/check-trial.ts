import type { MediaTypeTrial, PreflightReport } from "../../contract/preflight.ts";
import type { Split } from "../../contract/source.ts";
import { errorFromRecord, PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { formatCount, formatPercent, plural } from "../../telemetry/format-quantity.ts";
import { finding, type PreflightCheck, type PreflightFinding, placeOf, thrownFinding } from "./finding.ts";

const mostTypesShown = 6;

/** Whether a worker can open every step; one finding for each that it cannot. */
export function checkSteps(
  resolved: ResolvedPipeline,
  report: PreflightReport,
  isSourceNamed: boolean,
): PreflightCheck {
  const { plan } = resolved;
  const steps = plan.stages.flatMap((stage) => stage.steps);
  // A source that cannot be opened is a finding of the input already.
  const unopened = report.unopened.filter(({ component }) => component !== "source" || !isSourceNamed);
  const figure =
    unopened.length === 0
      ? `${steps.length === 1 ? "the step opens" : `all ${plural(steps.length, "step")} open`} in a worker, source and sink too`
      : `${unopened.length} of ${steps.length + 2} cannot be opened in a worker (source, ${plural(steps.length, "step")}, sink)`;
  return {
    name: "steps",
    figure,
    facts: { steps: steps.map(({ id }) => id), unopened: unopened.map(({ component }) => component) },
    isSkipped: false,
    findings: unopened.map(({ component, error }) =>
      thrownFinding(errorFromRecord(error), placeOfComponent(resolved, component)),
    ),
  };
}

/** When the worker gave no report. */
export function unknownSteps(thrown: unknown, severity: PreflightFinding["severity"], remedy?: string): PreflightCheck {
  const found = thrownFinding(thrown, "the worker", remedy === undefined ? {} : { remedy });
  return {
    name: "steps",
    figure: "the worker gave no answer",
    facts: {},
    isSkipped: false,
    findings: [{ ...found, severity }],
  };
}

/** What the samples hold that were looked at, and what became of those that were tried. */
export function checkSamples(resolved: ResolvedPipeline, report: PreflightReport): PreflightCheck {
  const { looked, media, triedBefore } = report;
  const findings = [
    ...unreadableFindings(resolved, report),
    ...media.flatMap((trial) => mediaFindings(resolved, trial, looked.samples)),
    ...report.brokenSplits.map(({ uri, error }) => finding("warning", errorFromRecord(error), uri)),
    ...(report.stoppedBy === null ? [] : [thrownFinding(errorFromRecord(report.stoppedBy), "the trial of samples")]),
  ];
  const isSkipped = looked.samples === 0;
  const types = media
    .slice(0, mostTypesShown)
    .map(({ mediaType, looked: count }) => `${formatCount(count)} ${mediaType}`);
  if (media.length > mostTypesShown) types.push(`${plural(media.length - mostTypesShown, "more type")}`);
  const dropped = looked.tried - looked.kept - looked.failed;
  const tried = `${formatCount(looked.tried)} tried${triedBefore === null ? "" : ` up to ${triedBefore}`}: ${formatCount(looked.kept)} kept, ${formatCount(dropped)} dropped, ${formatCount(looked.failed)} failed`;
  const unreadable = looked.unreadable === 0 ? [] : [`${formatCount(looked.unreadable)} unreadable`];
  return {
    name: "samples",
    figure: isSkipped
      ? "no sample could be looked at"
      : `${formatCount(looked.samples)} looked at: ${[...types, ...unreadable].join(", ") || "no parts"}; ${tried}`,
    facts: { ...looked, media: media.map((trial) => ({ ...trial })), triedBefore },
    isSkipped,
    findings,
  };
}

/** What is to be looked at of an input: few splits from all over it. */
export function splitsToTry(spread: readonly Split[]): readonly Split[] {
  const count = Math.min(mostSplitsTried, spread.length);
  return Array.from({ length: count }, (_, index) => spread[Math.floor((index * spread.length) / count)]).flatMap(
    (split) => (split === undefined ? [] : [split]),
  );
}
const mostSplitsTried = 16;

function unreadableFindings(resolved: ResolvedPipeline, { looked }: PreflightReport): readonly PreflightFinding[] {
  const limit = resolved.settings.maxFailureRatio;
  if (looked.samples === 0 || looked.unreadable / looked.samples <= limit) return [];
  const error = new PipelineError(
    "FAILURES_ABOVE_LIMIT",
    `${formatCount(looked.unreadable)} of ${formatCount(looked.samples)} samples looked at cannot be read`,
  );
  return [
    finding(
      looked.unreadable === looked.samples ? "error" : "warning",
      error,
      placeOf(resolved, "run.maxFailureRatio"),
      {
        expected: `at most ${formatPercent(limit)}`,
        received: formatPercent(looked.unreadable / looked.samples),
        remedy: "Mend the files, or raise `run.maxFailureRatio`.",
      },
    ),
  ];
}

/** A type of which nothing came through some step: no decoder can read it, or the step cannot deal with it. */
function mediaFindings(
  resolved: ResolvedPipeline,
  { mediaType, looked, tried, failures }: MediaTypeTrial,
  samples: number,
): readonly PreflightFinding[] {
  const fatal = failures.find((failure) => failure.samples === tried);
  // One sample that is broken says nothing about its type; one whose format is unknown does.
  if (fatal === undefined || (fatal.code !== "SAMPLE_UNSUPPORTED" && tried < 2)) return [];
  const share = looked / samples;
  const isUnsupported = fatal.code === "SAMPLE_UNSUPPORTED";
  const what = isUnsupported
    ? `no decoder in the worker reads ${mediaType}`
    : `no sample of ${mediaType} gets through (${formatCount(tried)} tried)`;
  const error = new PipelineError(
    fatal.code,
    `${what}: ${formatCount(looked)} of ${formatCount(samples)} samples looked at have it, for example ${fatal.uri}: ${fatal.message}`,
  );
  return [
    // Above the limit the run would fail; below it goes on, and these samples are quarantined.
    finding(
      share > resolved.settings.maxFailureRatio ? "error" : "warning",
      error,
      placeOfComponent(resolved, fatal.step),
      {
        expected: `${mediaType} that the step can work on`,
        received: `${fatal.code} for ${tried === 1 ? "the one" : `all ${formatCount(tried)}`} tried`,
      },
    ),
  ];
}

/** `pipeline.yaml:5 (2-filter-blur)`. */
function placeOfComponent(resolved: ResolvedPipeline, component: string): string {
  const { plan } = resolved;
  if (component === "source") return placeOf(resolved, `source.${plan.source.name}`);
  if (component === "sink" || component === "write") return placeOf(resolved, `sink.${plan.sink.name}`);
  const index = plan.stages.flatMap((stage) => stage.steps).findIndex((step) => step.id === component);
  const name = plan.stages.flatMap((stage) => stage.steps)[index]?.name ?? "";
  return `${placeOf(resolved, `steps[${index}].${name}`)} (${component})`;
}
