import { Random } from "./random.ts";

/** When an accident happens: so much later than the accident before it, or than the start of its session. */
export type Moment =
  /** A share of the time that the undisturbed run took. */
  | { readonly kind: "time"; readonly share: number }
  /** Right after an event; `share` of those that the undisturbed run had. */
  | { readonly kind: "event"; readonly type: AimedEvent; readonly share: number }
  /** As soon as a name appears in the output folder; `share` as for events. */
  | { readonly kind: "file"; readonly name: AimedFile; readonly share: number };

const aimedEvents = [
  "run-started",
  "input-listed",
  "stage-started",
  "worker-started",
  "task-started",
  "task-finished",
  "checkpoint-written",
] as const;
export type AimedEvent = (typeof aimedEvents)[number];

/** Names that appear while something is committed or published. */
export const aimedFiles = {
  "unfinished shard": /(?:^|\/)\.(?:stage-\d+-)?shard-.*\.tmp$/,
  shard: /(?:^|\/)(?:stage-\d+-)?shard-[^/]*$/,
  "unfinished checkpoint": /(?:^|\/)\.checkpoint_.*\.tmp$/,
  checkpoint: /(?:^|\/)checkpoint_[^/]*$/,
  "unfinished manifest": /(?:^|\/)\._manifest\.json.*\.tmp$/,
  manifest: /(?:^|\/)_manifest\.json$/,
  success: /(?:^|\/)_SUCCESS$/,
} as const;
export type AimedFile = keyof typeof aimedFiles;

export const accidentKinds = [
  "kill-coordinator",
  "kill-worker",
  "kill-all",
  "terminate",
  "interrupt",
  "interrupt-twice",
  "stop-worker",
  "stop-coordinator",
  "kill-beside-stopped-worker",
  "stop-all",
  "full-disk",
  "read-only-disk",
  "clean-checkpoints",
  "join",
] as const;
export type AccidentKind = (typeof accidentKinds)[number];

export interface Accident {
  readonly kind: AccidentKind;
  readonly moment: Moment;
  /** Waited for after the moment, so that what it begins is hit in its middle too. */
  readonly lingerMilliseconds: number;
  /** Chooses among the workers that run, 0 to 1. */
  readonly target: number;
  /** How long something stays stopped. */
  readonly milliseconds: number;
  /** What a full disk still takes. */
  readonly bytesLeft: number;
}

/** A coordinator that joins one at work. */
export interface Guest {
  readonly settings: SessionSettings;
  /** What happens to it itself; null = nothing. */
  readonly fate: Accident | null;
}

/** How one session of a round runs. None of it may change what comes out. */
export interface SessionSettings {
  readonly workers: number;
  readonly checkpointIntervalMilliseconds: number;
  readonly keepCheckpoints: number;
  readonly memoryBudget: string;
  readonly batchSize: number;
  /** Seed of the clock's jumps; null = the clock goes as it should. */
  readonly clockJumps: number | null;
  /** Whether it begins before the workers of a killed session are gone. */
  readonly isImmediate: boolean;
}

/** The accidents of a round, in order. Pure. */
export function accidentsOf(roundSeed: number): readonly Accident[] {
  const random = new Random("accidents", roundSeed);
  const count = random.integer(1, 6);
  return Array.from({ length: count }, (_, index) => randomAccident(random, index === count - 1));
}

/** The coordinator that comes with a round's join. Pure. */
export function guestOf(roundSeed: number, join: number): Guest {
  const random = new Random("guest", roundSeed, join);
  const kind = random.pick([
    "kill-coordinator",
    "kill-all",
    "terminate",
    "interrupt",
    "stop-coordinator",
    "stop-all",
    "kill-beside-stopped-worker",
  ]);
  const fate = { ...randomAccident(random, false), kind, moment: earlyMoment(random) };
  const isAsleep = random.chance(1 / 8) && (kind === "stop-all" || kind === "stop-coordinator");
  return {
    settings: settingsOf(roundSeed, `guest ${join}`),
    fate: random.chance(0.2) ? null : isAsleep ? { ...fate, milliseconds: random.integer(...sleepMilliseconds) } : fate,
  };
}

/** The settings of a round's session. Pure. */
export function settingsOf(roundSeed: number, session: number | string): SessionSettings {
  const random = new Random("session", roundSeed, session);
  return {
    workers: random.integer(1, 3),
    checkpointIntervalMilliseconds: random.pick([1, random.integer(2, 20), random.integer(10, 200)]),
    keepCheckpoints: random.integer(1, 5),
    memoryBudget: random.pick(["4MiB", "64MiB", "256MiB"]),
    batchSize: random.pick([1, 7, 64, 500]),
    clockJumps: random.chance(0.25) ? random.integer(1, 1_000_000) : null,
    isImmediate: random.chance(0.5),
  };
}

/** Longer than a claim outlives the last beat of its coordinator. */
const sleepMilliseconds = [15_500, 20_000] as const;

function randomAccident(random: Random, isLast: boolean): Accident {
  const kind = random.pick([
    ...accidentKinds,
    "kill-coordinator",
    "kill-coordinator",
    "kill-all",
    "kill-all",
    "kill-worker",
    "join",
    "join",
    "join",
  ]);
  return {
    kind,
    moment: kind === "join" && random.chance(0.8) ? earlyMoment(random) : randomMoment(random, isLast),
    lingerMilliseconds: random.chance(0.5) ? 0 : random.share() * 6,
    target: random.share(),
    milliseconds: random.integer(20, 800),
    bytesLeft: random.pick([0, 0, 4096, 65_536]),
  };
}

/** Who is to meet others at work must come early: it takes a while to get ready. */
function earlyMoment(random: Random): Moment {
  if (random.chance(0.4)) return { kind: "time", share: random.share() * 0.4 };
  return { kind: "event", type: random.pick(aimedEvents), share: random.share() ** 4 };
}

function randomMoment(random: Random, isLast: boolean): Moment {
  // Early ones more often: what is done once is not there to be disturbed any more.
  const share = random.share() ** 3;
  const draw = random.share();
  if (draw < 0.3) return { kind: "time", share: random.share() * (isLast ? 1.1 : 0.8) };
  if (draw < 0.6) return { kind: "event", type: random.pick(aimedEvents), share };
  // Publishing comes once: an accident that waited for it would leave those behind it without a run.
  if (isLast && draw < 0.85)
    return { kind: "file", name: random.pick(["unfinished manifest", "manifest", "success"]), share };
  return {
    kind: "file",
    name: random.pick(["unfinished shard", "shard", "unfinished checkpoint", "checkpoint"]),
    share,
  };
}
