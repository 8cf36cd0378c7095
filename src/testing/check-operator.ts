import type { OpenContext, OperatorSpec } from "../contract/operator.ts";
import { canonicalJson } from "../model/json.ts";
import type { Sample } from "../model/sample.ts";
import { brokenRule, shown } from "./broken-rule.ts";
import { checkResult, isDeclaredRead } from "./check-result.ts";
import { checkDeclaration, type OperatorDeclaration } from "./operator-declaration.ts";
import { failureText, type OperatorSession, openSession, type Result } from "./operator-session.ts";
import { codeOf, resultRecord, sampleRecord } from "./result-record.ts";
import { watchAttributes } from "./watched-attributes.ts";

export interface OperatorCheckInput<Input = unknown> {
  /** Options as a pipeline file gives them; `{}` unless given. */
  readonly options?: Input;
  /** What to try it on: samples that it keeps, drops and fails, with different parts. Their ids are unique. */
  readonly samples: readonly Sample[];
  /** Handed to `open`; 1 unless given. */
  readonly seed?: number;
}

/** What became of the samples, so that a test can also expect that. */
export interface OperatorCheckReport {
  readonly kept: number;
  readonly split: number;
  readonly dropped: { readonly [reason: string]: number };
  /** By error code; OPERATOR_FAILED for whatever is no PipelineError. */
  readonly failed: { readonly [code: string]: number };
}

/**
 * The conformance suite of operators, for any test framework. Rejects with INVALID_OPERATOR naming the first
 * broken rule: options are strict, described and plain JSON; `signature` and `dropReasons` are pure; input is never
 * changed; only `reads` are read and exactly `writes` written; ids stay; drop reasons are known; samples without
 * the operator's kinds of parts pass unchanged; the outcome of a sample depends on nothing but the sample
 * (skipped when `isDeterministic` is false); `close` works.
 */
export async function checkOperator<Options, Input>(
  spec: OperatorSpec<Options, Input>,
  input: OperatorCheckInput<Input>,
): Promise<OperatorCheckReport> {
  const { samples } = input;
  if (samples.length === 0) throw brokenRule(spec.name, "it is tried on samples", "None were given.");
  const declaration = checkDeclaration(spec, input.options ?? {});
  const context: OpenContext = { signal: new AbortController().signal, seed: input.seed ?? 1 };
  const check = new Check(spec, declaration, withBareSamples(declaration, samples));
  const first = await openSession(spec, declaration.options, context);
  let results: readonly Result[];
  try {
    results = await check.run(first);
    if (spec.isDeterministic !== false) await check.tryOtherOrders(first, results);
  } finally {
    await first.close();
  }
  if (spec.isDeterministic !== false) {
    const second = await openSession(spec, declaration.options, context);
    try {
      await check.tryAgain(second, results);
      await check.tryOtherAttributes(second, results);
      await check.watchReads(second);
    } finally {
      await second.close();
    }
  }
  return reportOf(spec.name, results.slice(0, samples.length));
}

/** The samples, and one of them without the parts that the operator works on. */
function withBareSamples({ signature }: OperatorDeclaration, samples: readonly Sample[]): readonly Sample[] {
  const [first] = samples;
  if (first === undefined || signature.parts.length === 0) return samples;
  const parts = first.parts.filter((part) => !signature.parts.includes(part.kind));
  return [...samples, { id: `${first.id}/without-its-parts`, parts, attributes: first.attributes }];
}

class Check {
  readonly #name: string;
  readonly #declaration: OperatorDeclaration;
  readonly #samples: readonly Sample[];
  readonly #kind: OperatorSpec["kind"];

  constructor(spec: OperatorSpec, declaration: OperatorDeclaration, samples: readonly Sample[]) {
    this.#name = spec.name;
    this.#kind = spec.kind;
    this.#declaration = declaration;
    this.#samples = samples;
  }

  /** Applies the operator to all samples and holds each result against the contract. */
  async run(session: OperatorSession): Promise<readonly Result[]> {
    const inputs = this.#samples.map(copyOf);
    const before = await Promise.all(inputs.map(recordText));
    const results = await session.apply(inputs);
    const after = await Promise.all(inputs.map(recordText));
    inputs.forEach((sample, i) => {
      const result = results[i];
      if (before[i] !== after[i])
        throw brokenRule(
          this.#name,
          "the input is never changed",
          `Sample ${sample.id} was ${shown(before[i])} and is now ${shown(after[i])}.`,
        );
      if (result !== undefined) checkResult(this.#name, this.#declaration, sample, result);
    });
    return results;
  }

  /** Map: all at once and backwards. Batch: in two halves, and alone. A gather may depend on the order. */
  async tryOtherOrders(session: OperatorSession, results: readonly Result[]): Promise<void> {
    if (this.#kind === "map") {
      const backwards = this.#samples.map(copyOf).reverse();
      const again = (await session.apply(backwards, "together")).toReversed();
      return this.#compare(results, again, "the outcome depends on the sample alone, not on order or on other calls");
    }
    if (this.#kind !== "batch") return;
    const rule = "the outcome does not depend on which samples share a batch";
    const copies = this.#samples.map(copyOf);
    const half = Math.ceil(copies.length / 2);
    const halves = [...(await session.apply(copies.slice(half))), ...(await session.apply(copies.slice(0, half)))];
    await this.#compare(
      results,
      [...halves.slice(copies.length - half), ...halves.slice(0, copies.length - half)],
      rule,
    );
    const alone: Result[] = [];
    for (const sample of this.#samples) alone.push(...(await session.apply([copyOf(sample)])));
    await this.#compare(results, alone, rule);
  }

  async tryAgain(session: OperatorSession, results: readonly Result[]): Promise<void> {
    const again = await session.apply(this.#samples.map(copyOf));
    await this.#compare(
      results,
      again,
      "the same sample gets the same outcome each time (or isDeterministic is false)",
    );
  }

  /** Undeclared attributes are exchanged for one that no operator knows: nothing else may change. */
  async tryOtherAttributes(session: OperatorSession, results: readonly Result[]): Promise<void> {
    const { signature } = this.#declaration;
    const exchanged = this.#samples.map((sample) => {
      // What has a name that it writes may come back as it was, where there is nothing to write.
      const isLeft = (key: string) => isDeclaredRead(signature, key) || signature.writes.includes(key);
      const declared = Object.entries(sample.attributes).filter(([key]) => isLeft(key));
      return copyOf({ ...sample, attributes: { ...Object.fromEntries(declared), checkOperatorProbe: "probe" } });
    });
    const again = await session.apply(exchanged);
    exchanged.forEach((sample, i) => {
      const result = again[i];
      if (result !== undefined) checkResult(this.#name, this.#declaration, sample, result);
    });
    const rule = "the outcome depends on no attribute that is neither in `reads` nor in `readsIfPresent`";
    await this.#compare(results, again, rule, (key) => signature.writes.includes(key));
  }

  async watchReads(session: OperatorSession): Promise<void> {
    const { signature } = this.#declaration;
    const undeclared = new Set<string>();
    const noteRead = (key: string): void => {
      const isInherited = key in Object.prototype || key === "toJSON" || key === "then";
      if (!isInherited && !isDeclaredRead(signature, key) && !signature.writes.includes(key)) undeclared.add(key);
    };
    const watched = this.#samples.map((sample) => {
      const copy = copyOf(sample);
      return { ...copy, attributes: watchAttributes(copy.attributes, noteRead) };
    });
    await session.apply(watched);
    if (undeclared.size > 0)
      throw brokenRule(
        this.#name,
        "it reads only the attributes in `reads` and `readsIfPresent`, beside those that it writes",
        `It looked at ${[...undeclared].join(", ")}.`,
      );
  }

  async #compare(
    expected: readonly Result[],
    received: readonly Result[],
    rule: string,
    names?: (name: string) => boolean,
  ): Promise<void> {
    for (const [i, sample] of this.#samples.entries()) {
      const [one, other] = [expected[i], received[i]];
      if (one === undefined || other === undefined) continue;
      const [first, second] = [await resultRecord(one, names), await resultRecord(other, names)];
      if (first !== second)
        throw brokenRule(this.#name, rule, `Sample ${sample.id}: first ${shown(first)}, then ${shown(second)}.`);
    }
  }
}

/** A sample that shares nothing that an operator could change, save for the media behind `content`. */
function copyOf(sample: Sample): Sample {
  return {
    id: sample.id,
    parts: sample.parts.map((part) =>
      part.kind === "embedding" ? { ...part, values: Float32Array.from(part.values) } : { ...part },
    ),
    attributes: structuredClone(sample.attributes),
  };
}

async function recordText(sample: Sample): Promise<string> {
  return canonicalJson(await sampleRecord(sample));
}

function reportOf(name: string, results: readonly Result[]): OperatorCheckReport {
  const dropped: { [reason: string]: number } = {};
  const failed: { [code: string]: number } = {};
  let kept = 0;
  let split = 0;
  for (const result of results) {
    if (result.kind === "keep") kept++;
    else if (result.kind === "split") split++;
    else if (result.kind === "drop") dropped[result.reason] = (dropped[result.reason] ?? 0) + 1;
    else failed[codeOf(result.error)] = (failed[codeOf(result.error)] ?? 0) + 1;
  }
  const [first] = results;
  if (first?.kind === "failed" && results.every((result) => result.kind === "failed"))
    throw brokenRule(
      name,
      "some of the given samples do not fail",
      `The first failed with ${failureText(first.error)}`,
    );
  return { kept, split, dropped, failed };
}
