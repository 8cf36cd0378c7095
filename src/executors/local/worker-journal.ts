import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asPipelineError, type PipelineError } from "../../model/errors.ts";
import { decodeJournal, type JournalRecord, journalBytes } from "../../worker/journal-record.ts";

/** In memory where there is such a place, so that no disk is ever written for it. */
const folders = ["/dev/shm", tmpdir()];

/**
 * The executor's side of a worker's journal: a file without a name. What the worker wrote last can be read
 * however the worker ended.
 */
export class WorkerJournal {
  /** For the worker process to inherit. */
  readonly descriptor: number;
  readonly #bytes = new DataView(new ArrayBuffer(journalBytes));
  #last: JournalRecord | undefined;
  #isOpen = true;

  constructor() {
    this.descriptor = openNameless();
    // Takes the room that the record needs: the worker's writes cannot find the disk full.
    writeSync(this.descriptor, this.#bytes, 0, journalBytes, 0);
  }

  /** The latest record that could be read: an idle one before the worker's first task. */
  read(): JournalRecord | undefined {
    if (!this.#isOpen) return this.#last;
    readSync(this.descriptor, this.#bytes, 0, journalBytes, 0);
    this.#last = decodeJournal(this.#bytes) ?? this.#last;
    return this.#last;
  }

  /** Reads for the last time. */
  close(): void {
    if (!this.#isOpen) return;
    this.read();
    this.#isOpen = false;
    closeSync(this.descriptor);
  }
}

function openNameless(): number {
  const errors: PipelineError[] = [];
  for (const folder of folders) {
    const file = path.join(folder, `pipeline-journal-${randomUUID()}`);
    try {
      const descriptor = openSync(file, "wx+", 0o600);
      unlinkSync(file);
      return descriptor;
    } catch (cause) {
      // Thrown below unless another folder will do.
      errors.push(asPipelineError(cause, "WORKER_LOST", `no worker can be started without a file in ${folder}`));
    }
  }
  throw errors.at(-1) ?? new RangeError("no folder for the journal");
}
