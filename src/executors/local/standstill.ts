import type { JournalRecord } from "../../worker/journal-record.ts";

/**
 * Measures how long a journal has not moved, by the watcher's own clock and what passes between two looks.
 * Pure: looks and times in, seconds out.
 */
export class Standstill {
  readonly #longestLook: number;
  #record: JournalRecord | undefined;
  /** Since anything moved. */
  seconds = 0;
  /** Since a sample or a batch was begun, while there are some in flight that can be blamed; else 0. */
  sampleSeconds = 0;

  /** A look later than `longestLookSeconds` counts as that: this process, perhaps both, was held up in between. */
  constructor(longestLookSeconds: number) {
    this.#longestLook = longestLookSeconds;
  }

  look(record: JournalRecord | undefined, secondsSinceLastLook: number): void {
    const before = this.#record;
    const passed = Math.min(secondsSinceLastLook, this.#longestLook);
    this.#record = record;
    this.seconds = record?.sequence === before?.sequence ? this.seconds + passed : 0;
    const isBlamed = record?.phase === "working" && record.end > record.first;
    this.sampleSeconds = isBlamed && record.begun === before?.begun ? this.sampleSeconds + passed : 0;
  }

  /** Nothing in flight is to blame after all. */
  acquit(): void {
    this.sampleSeconds = 0;
  }
}
