/** What one step did to the samples that reached it: `in = kept + dropped + failed + split`. */
export type StepAccounting = {
  readonly in: number;
  readonly kept: number;
  readonly dropped: { readonly [reason: string]: number };
  /** By error code. */
  readonly failed: { readonly [code: string]: number };
  /** Samples that were replaced by children. */
  readonly split: number;
  readonly children: number;
};

/** The whole of a task or a run: `read + children = written + dropped + failed + split`. */
export type Accounting = {
  readonly read: number;
  readonly bytesRead: number;
  /** Failed while they were read, by error code. */
  readonly unreadable: { readonly [code: string]: number };
  /** By step id, in plan order. */
  readonly steps: { readonly [stepId: string]: StepAccounting };
  /** Failed while they were encoded for the sink, by error code. */
  readonly unwritable: { readonly [code: string]: number };
  readonly written: number;
};

export const emptyStepAccounting: StepAccounting = { in: 0, kept: 0, dropped: {}, failed: {}, split: 0, children: 0 };

export const emptyAccounting: Accounting = {
  read: 0,
  bytesRead: 0,
  unreadable: {},
  steps: {},
  unwritable: {},
  written: 0,
};

type Counts = { readonly [name: string]: number };

/** Sums by name, names in code unit order: what is made of it has one text however the parts came. */
export function addCounts(a: Counts, b: Counts): Counts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

export function totalOf(counts: Counts): number {
  let total = 0;
  for (const count of Object.values(counts)) total += count;
  return total;
}

function addSteps(a: StepAccounting, b: StepAccounting): StepAccounting {
  return {
    in: a.in + b.in,
    kept: a.kept + b.kept,
    dropped: addCounts(a.dropped, b.dropped),
    failed: addCounts(a.failed, b.failed),
    split: a.split + b.split,
    children: a.children + b.children,
  };
}

/** Adds the accounts of tasks of one stage, or of a task and what came before it. */
export function addAccounting(a: Accounting, b: Accounting): Accounting {
  const steps: { [stepId: string]: StepAccounting } = { ...a.steps };
  for (const [id, step] of Object.entries(b.steps)) steps[id] = addSteps(steps[id] ?? emptyStepAccounting, step);
  return {
    read: a.read + b.read,
    bytesRead: a.bytesRead + b.bytesRead,
    unreadable: addCounts(a.unreadable, b.unreadable),
    steps,
    unwritable: addCounts(a.unwritable, b.unwritable),
    written: a.written + b.written,
  };
}

/** The accounts of `a` without those of `b`, which are part of it. Names whose count is gone are gone. */
export function subtractAccounting(a: Accounting, b: Accounting): Accounting {
  const steps: { [stepId: string]: StepAccounting } = { ...a.steps };
  for (const [id, step] of Object.entries(b.steps)) steps[id] = subtractSteps(steps[id] ?? emptyStepAccounting, step);
  return {
    read: a.read - b.read,
    bytesRead: a.bytesRead - b.bytesRead,
    unreadable: subtractCounts(a.unreadable, b.unreadable),
    steps,
    unwritable: subtractCounts(a.unwritable, b.unwritable),
    written: a.written - b.written,
  };
}

function subtractSteps(a: StepAccounting, b: StepAccounting): StepAccounting {
  return {
    in: a.in - b.in,
    kept: a.kept - b.kept,
    dropped: subtractCounts(a.dropped, b.dropped),
    failed: subtractCounts(a.failed, b.failed),
    split: a.split - b.split,
    children: a.children - b.children,
  };
}

function subtractCounts(a: Counts, b: Counts): Counts {
  const negative = Object.fromEntries(Object.entries(b).map(([name, count]) => [name, -count]));
  return Object.fromEntries(Object.entries(addCounts(a, negative)).filter(([, count]) => count !== 0));
}

/**
 * The account of a run from those of its stages, in order: what the first read, what the last wrote,
 * and everything in between. Samples that one stage hands to the next are counted once.
 */
export function joinStages(stages: readonly Accounting[]): Accounting {
  const [first, ...others] = stages;
  if (first === undefined) return emptyAccounting;
  return others.reduce(
    (joined, next) => ({
      ...addAccounting(joined, next),
      read: joined.read,
      bytesRead: joined.bytesRead,
      written: next.written,
    }),
    first,
  );
}

export interface Totals {
  readonly read: number;
  readonly children: number;
  readonly written: number;
  readonly dropped: number;
  readonly failed: number;
  readonly split: number;
}

export function totalsOf(accounting: Accounting): Totals {
  let children = 0;
  let dropped = 0;
  let split = 0;
  let failed = totalOf(accounting.unreadable) + totalOf(accounting.unwritable);
  for (const step of Object.values(accounting.steps)) {
    children += step.children;
    dropped += totalOf(step.dropped);
    failed += totalOf(step.failed);
    split += step.split;
  }
  return { read: accounting.read, children, written: accounting.written, dropped, failed, split };
}

/** Every sum of a run, given by stage, that does not come out, as a sentence; empty = balanced. */
export function imbalances(stages: readonly Accounting[]): readonly string[] {
  const found: string[] = [];
  for (const [index, stage] of stages.entries()) {
    const previous = stages[index - 1];
    if (previous !== undefined && previous.written !== stage.read) {
      found.push(`stage ${index}: ${stage.read} read, but the stage before it wrote ${previous.written}`);
    }
  }
  const run = joinStages(stages);
  for (const [id, step] of Object.entries(run.steps)) {
    const out = step.kept + totalOf(step.dropped) + totalOf(step.failed) + step.split;
    if (step.in !== out) found.push(`step ${id}: ${step.in} in, but ${out} kept, dropped, failed or split`);
  }
  const totals = totalsOf(run);
  const origin = totals.read + totals.children;
  const end = totals.written + totals.dropped + totals.failed + totals.split;
  if (origin !== end)
    found.push(`run: ${origin} read or made by splitting, but ${end} written, dropped, failed or split`);
  return found;
}
