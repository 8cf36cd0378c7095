import type { Json, JsonObject } from "../../model/json.ts";

/** A threshold of a step, and whether a score misses it. */
export interface ScoreLimit {
  readonly option: string;
  readonly kind: "min" | "max";
  readonly value: number;
  readonly isMissed: boolean;
}

interface Threshold {
  readonly option: string;
  readonly kind: "min" | "max";
  readonly value: number;
  readonly words: readonly string[];
}

/** Words that options add for the unit, or scores for the kind of figure. */
const fillers = new Set(["pixel", "count", "number"]);

/**
 * The thresholds in a step's options beside the scores that they are about, as far as names tell:
 * `minMeanWordLength` goes with `gopherMeanWordLength`, `minWords` with `gopherWords`. A threshold that fits
 * several scores equally well goes with none.
 */
export function limitsOfScores(scores: JsonObject, options: JsonObject): ReadonlyMap<string, readonly ScoreLimit[]> {
  const names = Object.keys(scores);
  const limits = new Map<string, ScoreLimit[]>(names.map((name) => [name, []]));
  for (const threshold of thresholdsOf(options)) {
    const score = scoreOf(threshold, names);
    const value = score === undefined ? undefined : scores[score];
    if (score === undefined || value === undefined) continue;
    const { option, kind } = threshold;
    limits.get(score)?.push({ option, kind, value: threshold.value, isMissed: misses(value, threshold) });
  }
  return limits;
}

function thresholdsOf(options: JsonObject): readonly Threshold[] {
  return Object.entries(options).flatMap(([option, value]) => {
    const kind = option.startsWith("min") ? "min" : option.startsWith("max") ? "max" : undefined;
    if (kind === undefined || typeof value !== "number") return [];
    return [{ option, kind, value, words: wordsOf(option.slice(3)) }];
  });
}

function scoreOf({ option, words }: Threshold, names: readonly string[]): string | undefined {
  if (names.includes(option)) return option;
  const fitting = names
    .map((name) => ({ name, words: wordsOf(name) }))
    .filter((score) => words.length > 0 && words.every((word) => score.words.includes(word)))
    .sort((a, b) => a.words.length - b.words.length);
  const [best, second] = fitting;
  return best !== undefined && second?.words.length === best.words.length ? undefined : best?.name;
}

/** `minWidthPixels` is about a `width`: lower case, singular, without units. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/s$/, ""))
    .filter((word) => word !== "" && !fillers.has(word));
}

function misses(score: Json, { kind, value }: Threshold): boolean {
  if (typeof score !== "number") return false;
  return kind === "min" ? score < value : score > value;
}
