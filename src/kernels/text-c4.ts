import { flagsOfUnit, isPairAt, isSpace } from "./text-characters.ts";
import { breakLines, skipSpace, skipSpaceBack } from "./text-lines.ts";
import { scanText, type TextScan, type Tokens } from "./text-scan.ts";
import { countSentences, sentenceEnds } from "./text-sentences.ts";

/** What `cleanLines` removes and refuses; `null` switches a rule off. */
export interface C4Rules {
  readonly tokens: Tokens;
  /** What is judged and removed as one. */
  readonly unit: "line" | "sentence";
  readonly removeCitations: boolean;
  readonly requireTerminalPunctuation: boolean;
  readonly minSentences: number | null;
  readonly minWordsPerLine: number | null;
  readonly maxWordLength: number | null;
  readonly refuseLoremIpsum: boolean;
  readonly removeJavascriptLines: boolean;
  readonly refuseCurlyBrackets: boolean;
  readonly removePolicyLines: boolean;
}

export type C4Verdict = "kept" | "lorem_ipsum" | "curly_bracket" | "too_few_sentences";

export interface C4Cleaning {
  readonly verdict: C4Verdict;
  /** The lines that remain; of a refused text those before the line that refused it. */
  readonly lines: readonly string[];
  readonly lineCount: number;
  readonly sentences: number;
}

const citations = /\[\d*\]|\[edit\]|\[citation needed\]/g;
const policyPhrases = [
  "terms of use",
  "privacy policy",
  "cookie policy",
  "uses cookies",
  "use of cookies",
  "use cookies",
];
/** Each phrase that a line is searched for holds one of these. */
const traces = ["lorem ipsum", "javascript", "terms of use", "privacy policy", "cookie"];

/** Applies the line rules of C4 as C4QualityFilter of datatrove 0.10.1 does. */
export function cleanLines(text: string, rules: C4Rules): C4Cleaning {
  const scan = scanText(text, rules.tokens);
  const ranges = rules.unit === "line" ? breakLines(scan) : sentencesOf(scan, rules.tokens);
  const phrases = new PhraseTrace(text);
  const lines: string[] = [];
  let sentences = 0;
  for (let i = 0; i < ranges.count; i++) {
    const start = skipSpace(scan.units, ranges.start[i] ?? 0, ranges.end[i] ?? 0);
    const end = skipSpaceBack(scan.units, start, ranges.end[i] ?? 0);
    const line = judgeLine(scan, start, end, rules, phrases);
    if (line.verdict === "removed") continue;
    if (line.verdict !== "kept") return { verdict: line.verdict, lines, lineCount: ranges.count, sentences };
    lines.push(line.text);
    if (rules.minSentences !== null) sentences += rules.unit === "line" ? line.sentences : 1;
  }
  const isTooShort = rules.minSentences !== null && sentences < rules.minSentences;
  return { verdict: isTooShort ? "too_few_sentences" : "kept", lines, lineCount: ranges.count, sentences };
}

/** Whether a phrase can be in the text: asked once, and for a line that might stay, it spares lower-casing each. */
class PhraseTrace {
  private readonly text: string;
  private answer: boolean | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get isFound(): boolean {
    if (this.answer === undefined) {
      const lowered = this.text.toLowerCase();
      this.answer = traces.some((trace) => lowered.includes(trace));
    }
    return this.answer;
  }
}

type LineJudgement =
  | { readonly verdict: "removed" | "lorem_ipsum" | "curly_bracket" }
  | { readonly verdict: "kept"; readonly text: string; readonly sentences: number };

const removed: LineJudgement = { verdict: "removed" };

/** Judges one line without the white space around it; the order of the rules decides which reason is given. */
function judgeLine(scan: TextScan, start: number, end: number, rules: C4Rules, phrases: PhraseTrace): LineJudgement {
  const { units } = scan;
  // Most lines go for their end alone; cutting out a citation changes the end only where it stands there.
  if (rules.requireTerminalPunctuation && units[end - 1] !== 0x5d && !endsAsSentence(units, start, end)) return removed;
  const words = measureWords(units, start, end);
  if (rules.maxWordLength !== null && words.longest > rules.maxWordLength) return removed;
  if (rules.minWordsPerLine !== null && words.count < rules.minWordsPerLine) return removed;
  const whole = scan.text.slice(start, end);
  const text = rules.removeCitations && words.hasBracket ? whole.replace(citations, "") : whole;
  const isCut = text.length < whole.length;
  const lineUnits = isCut ? unitsOf(text) : units;
  const from = isCut ? 0 : start;
  const to = from + text.length;
  if (rules.requireTerminalPunctuation && !endsAsSentence(lineUnits, from, to)) return removed;
  // What is cut out may have stood inside a phrase.
  const refusal = judgePhrases(text, rules, isCut || phrases.isFound);
  if (refusal !== undefined) return refusal;
  const sentences = rules.minSentences === null ? 0 : countSentences(lineUnits, from, to, rules.tokens);
  return { verdict: "kept", text, sentences };
}

function judgePhrases(text: string, rules: C4Rules, mayHavePhrase: boolean): LineJudgement | undefined {
  const lowered = mayHavePhrase ? text.toLowerCase() : "";
  if (rules.refuseLoremIpsum && lowered.includes("lorem ipsum")) return { verdict: "lorem_ipsum" };
  if (rules.removeJavascriptLines && lowered.includes("javascript")) return removed;
  if (rules.refuseCurlyBrackets && text.includes("{")) return { verdict: "curly_bracket" };
  if (!rules.removePolicyLines || !mayHavePhrase) return undefined;
  return policyPhrases.some((phrase) => lowered.includes(phrase)) ? removed : undefined;
}

interface LineWords {
  readonly count: number;
  /** Code points of the longest word. */
  readonly longest: number;
  readonly hasBracket: boolean;
}

function measureWords(units: Uint16Array, start: number, end: number): LineWords {
  let count = 0;
  let longest = 0;
  let length = 0;
  let hasBracket = false;
  for (let i = start; i < end; i++) {
    const unit = units[i] ?? 0;
    if ((flagsOfUnit(unit) & isSpace) !== 0) {
      if (length > longest) longest = length;
      length = 0;
      continue;
    }
    if (length === 0) count++;
    length++;
    if (unit === 0x5b) hasBracket = true;
    if (isPairAt(units, i, end)) i++;
  }
  return { count, longest: Math.max(longest, length), hasBracket };
}

/** Ends with `. ? ! " '` and not with an ellipsis. */
function endsAsSentence(units: Uint16Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const last = units[end - 1];
  if (last === 0x3f || last === 0x21 || last === 0x22 || last === 0x27) return true;
  if (last !== 0x2e) return false;
  return !(end - start >= 3 && units[end - 2] === 0x2e && units[end - 3] === 0x2e);
}

function sentencesOf(scan: TextScan, tokens: Tokens) {
  const end = sentenceEnds(scan.units, 0, scan.unitCount, tokens);
  return { count: end.length, start: [0, ...end.slice(0, -1)], end };
}

let scratch = new Uint16Array(1024);

function unitsOf(text: string): Uint16Array {
  if (text.length > scratch.length) scratch = new Uint16Array(2 * text.length);
  for (let i = 0; i < text.length; i++) scratch[i] = text.charCodeAt(i);
  return scratch;
}
