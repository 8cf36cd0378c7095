/** How much input a workload gets: `small` tries it, `full` is what is published. */
export type SizeName = "small" | "full";

/**
 * `ours`: this product as a user runs it; `ours, part`: a part of it by itself. Of a peer: as its documentation has it,
 * or as well as we could configure it.
 */
export type SideKind = "ours" | "ours, part" | "documented" | "expert";

/** What one run of one side took. */
export interface Measured {
  readonly items: number;
  readonly wallSeconds: number;
  /** Of the whole process tree. */
  readonly cpuSeconds: number;
  /** Greatest proportional set size of the process tree. */
  readonly peakBytes: number;
  /** Wall seconds without the start of interpreter, imports and cluster, where a side tells it. */
  readonly workSeconds?: number;
  /** Cores kept busy by others meanwhile; unknown where a server of the workload runs beside. */
  readonly foreignCores?: number;
  /** What else was measured, by a name that goals refer to. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Side {
  /** Short, with what is particular to the configuration. */
  readonly name: string;
  readonly kind: SideKind;
  /** What it leaves out or does otherwise. */
  readonly note?: string;
  /** A side whose run says why it cannot take part is reported with that. */
  run(): Promise<Measured>;
  /** Looks at what the last run wrote. */
  check?(): Promise<Verdict>;
}

/** A side that is named, but cannot be run here, or not at all. */
export interface Absent {
  readonly name: string;
  readonly kind: SideKind;
  readonly absent: string;
}

/** Whether what a side wrote equals the reference, within bounds that the sentence states. */
export interface Verdict {
  readonly isEqual: boolean;
  readonly said: string;
}

/** A goal on the median ratio against a peer: how many times as fast, or how many times less memory. */
export interface RatioGoal {
  readonly kind: "ratio";
  readonly of: "time" | "memory";
  /** Name of the peer's side. */
  readonly against: string;
  readonly atLeast: number;
}

/** A goal on a figure of our own side. */
export interface FigureGoal {
  readonly kind: "figure";
  readonly figure: string;
  readonly unit: string;
  readonly atMost: number;
}

export type Goal = RatioGoal | FigureGoal;

export interface Prepared {
  /** What the input is, with its counts. */
  readonly input: string;
  readonly sides: readonly (Side | Absent)[];
  readonly goals: readonly Goal[];
}

/** A cost at one size of the input with so many workers. */
export interface GrowthJob {
  readonly items: number;
  readonly workers: number;
  run(): Promise<Measured>;
}

export interface Workload {
  readonly id: string;
  readonly title: string;
  /** Plural: `images`. */
  readonly unit: string;
  /** Of peers.txt, those that its peers come from. */
  readonly environments: readonly string[];
  /** Rounds that suffice, where runs take long and what they find is steady. */
  readonly mostRuns?: number;
  prepare(context: Context): Promise<Prepared>;
  /** Our own job at 1, 10 and 100 times the input, and with 1 and 2 workers. */
  growth?(context: Context): Promise<readonly GrowthJob[]>;
}

export interface Context {
  readonly size: SizeName;
  /** Empty, for whatever the sides write; removed afterwards. */
  readonly folder: string;
  /** Calls back at the end of the workload, however it ends. */
  atEnd(stop: () => void | Promise<void>): void;
}
