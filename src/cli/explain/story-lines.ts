import { formatBytes } from "../../contract/units.ts";
import type { Json } from "../../model/json.ts";
import { formatCount } from "../../telemetry/format-quantity.ts";
import { fitText, type Paint, type Style } from "../../telemetry/paint.ts";
import { wrapText } from "../../telemetry/wrap-text.ts";
import { failureLines, placeOf } from "../failure-lines.ts";
import type { SampleStory, Score, StepStory, StoryEnd } from "./sample-story.ts";
import type { FormatPlace } from "./shard-place.ts";

interface Row {
  readonly mark: string;
  readonly style: Style;
  readonly name: string;
  readonly details: readonly string[];
}

const mostChildren = 12;
const mostOthers = 4;
const indent = 2;

/** The story of a sample for a person: how it ended, then its way from the input to there. */
export function storyLines(story: SampleStory, width: number, paint: Paint): readonly string[] {
  const names = ["read", "written", "children", ...story.steps.map(({ step }) => step)];
  const nameWidth = Math.max(...names.map((name) => name.length));
  const room = Math.max(30, width - indent - 2 - nameWidth - 2);
  const rows = [
    originRow(story, paint),
    ...story.steps.map((step) => stepRow(step, story, room, paint)),
    ...endRows(story.end, room, paint),
    ...childrenRow(story, room, paint),
  ];
  return [headline(story, paint), "", ...rows.flatMap((row) => rowLines(row, nameWidth, paint))];
}

function rowLines({ mark, style, name, details }: Row, nameWidth: number, paint: Paint): readonly string[] {
  const [first = "", ...others] = details;
  const gap = " ".repeat(indent);
  const named = `${paint(style, `${mark} ${name.padEnd(nameWidth)}`)}`;
  return [`${gap}${named}  ${first}`.trimEnd(), ...others.map((line) => `${gap}${" ".repeat(nameWidth + 4)}${line}`)];
}

function headline({ id, end }: SampleStory, paint: Paint): string {
  const sample = paint("bold", fitText(id, 400));
  switch (end.kind) {
    case "written":
      return `${sample}  ${paint("green", "written")}${end.shard === null ? "" : ` to ${end.shard}`}`;
    case "dropped":
      return `${sample}  ${paint("yellow", "dropped")} at ${end.step}: ${paint("yellow", end.reason)}`;
    case "failed":
      return `${sample}  ${paint("red", "failed")} at ${end.step}: ${paint("red", end.code)}`;
    case "split":
      return `${sample}  ${paint("cyan", "split")} at ${end.step} into ${formatCount(end.children)}`;
    case "waiting":
      return `${sample}  ${paint("cyan", "not finished")}: it waits for stage ${end.stage}`;
  }
}

function originRow({ origin, ancestors, end }: SampleStory, paint: Paint): Row {
  const hasFailed = end.kind === "failed" && end.step === "read";
  const { uri, others, range, split, position } = origin;
  return {
    mark: hasFailed ? "✗" : "✓",
    style: hasFailed ? "red" : "green",
    name: "read",
    details: [
      fitText(placeOf({ uri, ...(range === null ? {} : { range }) }), 1000),
      ...others.slice(0, mostOthers).map((other) => fitText(other, 1000)),
      ...(others.length > mostOthers ? [paint("dim", `and ${formatCount(others.length - mostOthers)} more`)] : []),
      paint("dim", `split ${split}, sample ${formatCount(position + 1)} of it`),
      ...ancestors.map(({ id, step }) => paint("dim", `split from ${fitText(id, 200)} at ${step}`)),
    ],
  };
}

const marks = {
  kept: ["✓", "green"],
  dropped: ["✗", "yellow"],
  failed: ["✗", "red"],
  split: ["⑂", "cyan"],
  waiting: ["…", "cyan"],
  "not reached": ["·", "dim"],
} as const satisfies { readonly [Outcome in StepStory["outcome"]]: readonly [string, Style] };

function stepRow(step: StepStory, story: SampleStory, room: number, paint: Paint): Row {
  const [mark, style] = marks[step.outcome];
  return { mark, style, name: step.step, details: stepDetails(step, story, room, paint) };
}

function stepDetails(step: StepStory, { end }: SampleStory, room: number, paint: Paint): readonly string[] {
  const missed = step.outcome === "dropped" ? step.scores.filter(isMissed) : [];
  const others = step.scores.filter((score) => !missed.includes(score));
  const texts = [...others.map(scoreText), ...rewrittenTexts(step)];
  const scores = packed(texts, room).map((line) => paint("dim", line));
  switch (step.outcome) {
    case "dropped":
      return [
        paint("yellow", `dropped: ${end.kind === "dropped" ? end.reason : ""}`),
        ...missed.map((score) => paint("yellow", scoreText(score))),
        ...scores,
        ...(missed.length > 0 ? [] : optionLines(step, room, paint)),
      ];
    case "failed":
      return [...failure(end, room, paint), ...scores];
    case "split":
      return [`into ${formatCount(end.kind === "split" ? end.children : 0)}`, ...scores];
    case "kept":
      return scores;
    case "waiting":
    case "not reached":
      return [paint("dim", step.outcome === "waiting" ? "not finished yet" : "")];
  }
}

function rewrittenTexts({ rewritten }: StepStory): readonly string[] {
  return [...new Set(rewritten.map(({ by }) => by))].map((step) => {
    const names = rewritten.filter(({ by }) => by === step).map(({ name }) => name);
    return `${names.join(", ")}: written anew by ${step}`;
  });
}

function isMissed({ limits }: Score): boolean {
  return limits.some((limit) => limit.isMissed);
}

function scoreText({ name, value, limits }: Score): string {
  const shown = limits.map((limit) => `${limit.isMissed ? "missed: " : ""}${limit.option} ${numberText(limit.value)}`);
  return `${name} ${valueText(value)}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}`;
}

function valueText(value: Json): string {
  return typeof value === "number" ? numberText(value) : fitText(JSON.stringify(value), 60);
}

/** Enough digits to compare with a threshold; JSON output has them all. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** What decided, where no score misses a limit that is known to be its own: the step's options. */
function optionLines({ options }: StepStory, room: number, paint: Paint): readonly string[] {
  const told = Object.entries(options).filter(([name, value]) => value !== null && name !== "mode");
  const texts = told.map(
    ([name, value]) => `${name}: ${fitText(typeof value === "string" ? value : JSON.stringify(value), 600)}`,
  );
  return packed(texts, room)
    .flatMap((line) => wrapText(line, room))
    .map((line) => paint("dim", line));
}

function endRows(end: StoryEnd, room: number, paint: Paint): readonly Row[] {
  if (end.kind === "failed" && end.step === "read")
    return [{ mark: " ", style: "red", name: "", details: failure(end, room, paint) }];
  if (end.kind === "failed" && end.step === "write")
    return [{ mark: "✗", style: "red", name: "write", details: failure(end, room, paint) }];
  if (end.kind !== "written") return [];
  if (end.shard === null)
    return [{ mark: "✓", style: "green", name: "written", details: ["the sink keeps no shards"] }];
  return [
    {
      mark: end.problem === null ? "✓" : "✗",
      style: end.problem === null ? "green" : "red",
      name: "written",
      details: [
        end.uri ?? end.shard,
        paint("dim", `sample ${formatCount(end.row + 1)} of the shard, key ${end.key}`),
        ...(end.found === null ? [] : placeLines(end.found)),
        ...(end.problem === null ? [] : wrapText(fitText(end.problem, 1000), room).map((line) => paint("red", line))),
      ],
    },
  ];
}

function placeLines({ where }: FormatPlace): readonly string[] {
  switch (where.format) {
    case "tar":
      return where.members.map(({ name, offset, bytes }) => `${name}  at byte ${offset}, ${formatBytes(bytes)}`);
    case "lines": {
      const of = where.compression === "none" ? "" : " once decompressed";
      return [`line ${where.line}, at byte ${where.offset}${of}, ${formatBytes(where.bytes)}`];
    }
    case "parquet":
      return [`row group ${where.rowGroup}, row ${where.rowInGroup} of it`];
  }
}

function failure(end: StoryEnd, room: number, paint: Paint): readonly string[] {
  if (end.kind !== "failed") return [];
  if (end.record === null) return [paint("red", end.code)];
  const { attempt, planHash } = end.record;
  const facts = paint(
    "dim",
    `attempt ${attempt}, plan ${planHash.slice(0, 12)}; \`pipeline quarantine show\` has the stack`,
  );
  return [...failureLines(end.record, room, paint), facts];
}

function childrenRow({ children }: SampleStory, room: number, paint: Paint): readonly Row[] {
  if (children.length === 0) return [];
  const styles = { written: "green", dropped: "yellow", failed: "red", split: "cyan", waiting: "cyan" } as const;
  const lines = children
    .slice(0, mostChildren)
    .map(({ id, ending, detail }) =>
      `${fitText(id, room - 30)}  ${paint(styles[ending], ending)}  ${paint("dim", detail)}`.trimEnd(),
    );
  const more = children.length - mostChildren;
  const details = more > 0 ? [...lines, paint("dim", `… and ${formatCount(more)} more`)] : lines;
  return [{ mark: " ", style: "cyan", name: "children", details }];
}

/** Items side by side, with `·` between them, in lines of at most `width` characters where they fit. */
function packed(items: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + item.length <= width) lines[lines.length - 1] = `${last} · ${item}`;
    else lines.push(item);
  }
  return lines;
}
