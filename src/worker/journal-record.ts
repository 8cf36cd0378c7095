import type { TaskWhereabouts } from "../contract/executor.ts";

/**
 * What a worker's journal says: one record of fixed size, overwritten in place. Both sides come from one
 * installation, on one machine.
 */
export interface JournalRecord {
  /** One more with every record that was written. */
  readonly sequence: number;
  /** One more whenever a sample, a batch or a phase is begun: does not move while steps of one sample follow one another. */
  readonly begun: number;
  readonly phase: "idle" | TaskWhereabouts["phase"];
  readonly stage: number;
  readonly split: number;
  /** Positions of the samples that may be in flight; `end` is one past the last. */
  readonly first: number;
  readonly end: number;
  /** Index of the step among those of the stage, their number for the encoding that follows them; null when not told. */
  readonly step: number | null;
  /** For a child of the sample: which of the samples that reach the step, from 0. */
  readonly child: number | null;
}

export const journalBytes = 72;

const phases: readonly JournalRecord["phase"][] = ["idle", "reading", "working", "writing", "committing"];
const none = -1;

/** Writes the record's bytes over `bytes`. */
export function encodeJournal(record: JournalRecord, bytes: DataView): void {
  bytes.setFloat64(0, record.sequence);
  bytes.setFloat64(8, record.begun);
  bytes.setFloat64(16, phases.indexOf(record.phase));
  bytes.setFloat64(24, record.stage * 2 ** 32 + record.split);
  bytes.setFloat64(32, record.first);
  bytes.setFloat64(40, record.end);
  bytes.setFloat64(48, record.step ?? none);
  bytes.setFloat64(56, record.child ?? none);
  bytes.setFloat64(64, record.sequence);
}

/** Undefined when the bytes are no whole record: a write was under way while they were read. */
export function decodeJournal(bytes: DataView): JournalRecord | undefined {
  if (bytes.byteLength < journalBytes) return undefined;
  const sequence = bytes.getFloat64(0);
  const phase = phases[bytes.getFloat64(16)];
  if (sequence !== bytes.getFloat64(64) || phase === undefined) return undefined;
  const task = bytes.getFloat64(24);
  const step = bytes.getFloat64(48);
  const child = bytes.getFloat64(56);
  return {
    sequence,
    begun: bytes.getFloat64(8),
    phase,
    stage: Math.floor(task / 2 ** 32),
    split: task % 2 ** 32,
    first: bytes.getFloat64(32),
    end: bytes.getFloat64(40),
    step: step === none ? null : step,
    child: child === none ? null : child,
  };
}
