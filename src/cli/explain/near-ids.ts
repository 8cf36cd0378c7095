import { distance } from "fastest-levenshtein";

const most = 3;

/** Keeps the ids that look most like the one that is asked for. */
export class NearIds {
  readonly #wanted: string;
  #kept: readonly { readonly id: string; readonly edits: number }[] = [];

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  offer(id: string): void {
    const edits = distance(this.#wanted, id);
    const last = this.#kept.at(-1);
    if (this.#kept.length >= most && last !== undefined && edits >= last.edits) return;
    this.#kept = [...this.#kept, { id, edits }].sort((a, b) => a.edits - b.edits).slice(0, most);
  }

  /** The nearest first. */
  get best(): readonly string[] {
    return this.#kept.map(({ id }) => id);
  }
}
