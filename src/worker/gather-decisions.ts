import type { GatherDecision } from "../contract/operator.ts";
import { PipelineError } from "../model/errors.ts";
import type { Attributes } from "../model/sample.ts";

const undecided = 0;
const kept = 1;
const firstReason = 2;

/** The decisions of a gather step: one or two bytes a sample, and the attributes that it adds. */
export class GatherDecisions {
  readonly #reasons: readonly string[];
  readonly #attributes = new Map<number, Attributes>();
  #verdicts = new Uint16Array(1024);
  #count = 0;

  constructor(reasons: readonly string[]) {
    this.#reasons = reasons;
  }

  /** Throws OPERATOR_CONTRACT on a second decision, an impossible position or an unknown reason. */
  set(position: number, decision: GatherDecision): void {
    if (!Number.isInteger(position) || position < 0)
      throw broken(`decided position ${position}: expected a whole number of at least 0`);
    this.#growTo(position + 1);
    if (this.#verdicts[position] !== undecided) throw broken(`decided position ${position} twice`);
    this.#verdicts[position] = this.#verdictOf(decision);
    if (decision.kind === "keep" && decision.attributes !== undefined)
      this.#attributes.set(position, decision.attributes);
    this.#count++;
  }

  /** Throws OPERATOR_CONTRACT unless every position below `samples`, and no other, is decided. */
  checkComplete(samples: number): void {
    if (this.#count !== samples) throw broken(`decided ${this.#count} of ${samples} samples`);
    const missing = this.#verdicts.subarray(0, samples).indexOf(undecided);
    if (missing >= 0) throw broken(`did not decide position ${missing} of ${samples}`);
  }

  of(position: number): GatherDecision {
    const verdict = this.#verdicts[position] ?? undecided;
    if (verdict === kept) {
      const attributes = this.#attributes.get(position);
      return attributes === undefined ? { kind: "keep" } : { kind: "keep", attributes };
    }
    const reason = this.#reasons[verdict - firstReason];
    if (reason === undefined) throw broken(`did not decide position ${position}`);
    return { kind: "drop", reason };
  }

  #verdictOf(decision: GatherDecision): number {
    if (decision.kind === "keep") return kept;
    const reason = this.#reasons.indexOf(decision.reason);
    if (reason < 0) throw broken(`dropped for ${JSON.stringify(decision.reason)}, which is not among its drop reasons`);
    return firstReason + reason;
  }

  #growTo(length: number): void {
    if (length <= this.#verdicts.length) return;
    const grown = new Uint16Array(Math.max(length, this.#verdicts.length * 2));
    grown.set(this.#verdicts);
    this.#verdicts = grown;
  }
}

function broken(what: string): PipelineError {
  return new PipelineError("TASK_FAILED", `a gather step broke its contract: it ${what}`);
}
