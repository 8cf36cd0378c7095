import { createHash } from "node:crypto";
import { z } from "zod";
import type { MapOperator, OpenedMap } from "../src/contract/operator.ts";
import type { Sample } from "../src/model/sample.ts";
import { filterC4 } from "../src/operators/text/filter-c4.ts";
import { filterFineweb } from "../src/operators/text/filter-fineweb.ts";
import { filterGopherQuality } from "../src/operators/text/filter-gopher-quality.ts";
import { filterGopherRepetition } from "../src/operators/text/filter-gopher-repetition.ts";
import { redactPii } from "../src/operators/text/redact-pii.ts";

const decisionSchema = z.strictObject({
  keep: z.boolean().optional(),
  reason: z.string().optional(),
  /** Of the text that is kept, where the filter changes text. */
  digest: z.string().optional(),
  error: z.string().optional(),
});
const decisionsSchema = z.record(z.string(), decisionSchema);

/** What one implementation says of one document, by filter. */
export type Decisions = z.output<typeof decisionsSchema>;

export function parseDecisions(line: unknown): Decisions {
  return decisionsSchema.parse(JSON.parse(z.string().parse(line)));
}

export function parseDocument(line: string): string {
  return z.strictObject({ text: z.string() }).parse(JSON.parse(line)).text;
}

/** Filters under the names that parity-datatrove.py gives them. */
export const filterNames: readonly string[] = [
  "gopherRepetition",
  "gopherQuality",
  "c4",
  "c4Sentences",
  "c4FineWeb",
  "fineweb",
  "pii",
];

const tokens = "whitespace";

/** Opens every filter with white-space tokens; the function says what they decide of a text. */
export async function decideAll(): Promise<(text: string) => Promise<Decisions>> {
  const opened = new Map<string, OpenedMap>([
    ["gopherRepetition", await openOperator(filterGopherRepetition, { tokens })],
    ["gopherQuality", await openOperator(filterGopherQuality, { tokens })],
    ["c4", await openOperator(filterC4, { tokens })],
    ["c4Sentences", await openOperator(filterC4, { tokens, unit: "sentence" })],
    ["c4FineWeb", await openOperator(filterC4, { tokens, requireTerminalPunctuation: false })],
    ["fineweb", await openOperator(filterFineweb, { tokens })],
    ["pii", await openOperator(redactPii, {})],
  ]);
  return async (text) => {
    const decisions: Decisions = {};
    for (const [name, operator] of opened) {
      const outcome = await operator.apply(textSample(text));
      if (outcome.kind === "drop") decisions[name] = { keep: false, reason: outcome.reason };
      else if (outcome.kind === "keep") decisions[name] = { keep: true, ...digestIfChanging(name, outcome.sample) };
    }
    return decisions;
  };
}

export async function openOperator<Options, Input>(
  operator: MapOperator<Options, Input>,
  options: Input,
): Promise<OpenedMap> {
  return operator.open(operator.options.parse(options), { signal: new AbortController().signal, seed: 0 });
}

export function textSample(text: string): Sample {
  return { id: "0", parts: [{ kind: "text", name: "text", mediaType: "text/plain", text }], attributes: {} };
}

function digestIfChanging(name: string, sample: Sample): { digest?: string } {
  const part = sample.parts[0];
  if (part?.kind !== "text" || !(name.startsWith("c4") || name === "pii")) return {};
  return { digest: createHash("sha256").update(Buffer.from(part.text, "utf16le")).digest("hex").slice(0, 16) };
}
