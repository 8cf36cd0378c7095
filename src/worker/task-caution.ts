import type { Caution, CondemnedSample } from "../contract/executor.ts";

/** How a sample is to be taken. */
export type Care =
  | { readonly kind: "usual" }
  /** With nothing else in flight, without the children that are condemned. */
  | { readonly kind: "alone"; readonly condemned: readonly CondemnedSample[] }
  | { readonly kind: "condemned"; readonly condemned: CondemnedSample };

const usual: Care = { kind: "usual" };

/** Looks up what a task's caution says of each position. */
export class TaskCaution {
  readonly #caution: Caution | undefined;
  readonly #condemned = new Map<number, CondemnedSample[]>();

  constructor(caution: Caution | undefined) {
    this.#caution = caution;
    for (const sample of caution?.condemned ?? []) {
      this.#condemned.set(sample.position, [...(this.#condemned.get(sample.position) ?? []), sample]);
    }
  }

  get memoryShare(): number {
    return this.#caution?.memoryShare ?? 1;
  }

  careFor(position: number): Care {
    if (this.#caution === undefined) return usual;
    const condemned = this.#condemned.get(position) ?? [];
    const itself = condemned.find((sample) => sample.child === null);
    if (itself !== undefined) return { kind: "condemned", condemned: itself };
    const isSuspect = this.#caution.suspects.some(({ first, end }) => position >= first && position < end);
    return isSuspect || condemned.length > 0 ? { kind: "alone", condemned } : usual;
  }
}
