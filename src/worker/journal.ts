import { writeSync } from "node:fs";
import type { TaskId } from "../contract/receipt.ts";
import { encodeJournal, type JournalRecord, journalBytes } from "./journal-record.ts";

/** Samples that one record announces while they go by quickly: a record takes about a microsecond to write. */
const announcedSamples = 16;
/** Time after which a record is written at the next sample, announced or not. */
const announcedMilliseconds = 5;

type Phase = JournalRecord["phase"];

/**
 * Notes what a worker is doing where it outlives the worker: in a file that the executor holds open too. However
 * the process ends, the last record is in the page cache and names every sample that was in flight, and perhaps
 * a few that were about to be.
 */
export class Journal {
  readonly #bytes = new DataView(new ArrayBuffer(journalBytes));
  readonly #descriptor: number;
  #sequence = 0;
  #begun = 0;
  #task: TaskId = { stage: 0, split: 0 };
  #phase: Phase = "idle";
  #since = performance.now();
  #first = 0;
  #end = 0;
  #announcedEnd = 0;
  #writtenAt = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Seconds since the phase, or the waiting in it, began. */
  get seconds(): number {
    return (performance.now() - this.#since) / 1000;
  }

  beginTask(task: TaskId): void {
    this.#task = task;
    this.enter("reading", 0, 0);
  }

  endTask(): void {
    this.enter("idle", 0, 0);
  }

  /** Something else is waited for from here on, with exactly these samples in flight. */
  enter(phase: Phase, first: number, end: number): void {
    this.#phase = phase;
    this.#since = performance.now();
    this.#announcedEnd = 0;
    this.#begun++;
    this.#write(first, end, null, null);
  }

  /** A sample is begun; those from `first` on are in flight with it. Announces the next ones too while they are quick. */
  beginSample(first: number, position: number): void {
    const now = performance.now();
    const isQuick = now - this.#writtenAt < announcedMilliseconds;
    if (isQuick && position < this.#announcedEnd && this.#phase === "working") return;
    if (this.#phase !== "working") this.#since = now;
    this.#phase = "working";
    this.#announcedEnd = isQuick ? position + announcedSamples : position + 1;
    this.#begun++;
    this.#writtenAt = now;
    this.#write(first, this.#announcedEnd, null, null);
  }

  /** Work on what is in flight goes on: a batch is begun, say. */
  beat(): void {
    this.#begun++;
    this.#write(this.#first, this.#end, null, null);
  }

  /** A step is begun for a sample with which nothing else is in flight. */
  beginStep(position: number, step: number, child: number | null): void {
    this.#phase = "working";
    this.#announcedEnd = 0;
    this.#write(position, position + 1, step, child);
  }

  #write(first: number, end: number, step: number | null, child: number | null): void {
    this.#first = first;
    this.#end = end;
    const sequence = ++this.#sequence;
    encodeJournal(
      { sequence, begun: this.#begun, phase: this.#phase, ...this.#task, first, end, step, child },
      this.#bytes,
    );
    writeSync(this.#descriptor, this.#bytes, 0, journalBytes, 0);
  }
}
