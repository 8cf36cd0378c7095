import type { InputPart } from "../ledger/ledger-state.ts";

/** What the parts of an input add up to. */
export interface InputTotals {
  readonly splits: number;
  readonly bytes: number;
  /** Null where listing does not tell. */
  readonly samples: number | null;
}

export function inputTotals(parts: readonly InputPart[]): InputTotals {
  let splits = 0;
  let bytes = 0;
  let samples: number | null = 0;
  for (const part of parts) {
    splits += part.splits;
    bytes += part.bytes;
    samples = samples === null || part.samples === null ? null : samples + part.samples;
  }
  return { splits, bytes, samples };
}
