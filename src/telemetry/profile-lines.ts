import type { FunctionTime, ThreadTime } from "./cpu-profile.ts";
import { formatCount, formatDuration, formatPercent, plural } from "./format-quantity.ts";
import type { Paint } from "./paint.ts";
import { type Cell, type Column, tableLines } from "./text-table.ts";
import type { WorkerTimeFigures } from "./worker-time.ts";

/** What a profiled run knows at its end. */
export interface ProfileReport {
  readonly time: WorkerTimeFigures;
  /** In plan order. */
  readonly stepIds: readonly string[];
  /** Of the workers whose profiles are there. */
  readonly workers: ThreadTime;
  /** Null when the coordinator's profile is missing. */
  readonly coordinator: ThreadTime | null;
  /** Paths of the profiles that were written. */
  readonly files: readonly string[];
  /** What has no profile, and why, in sentences. */
  readonly missing: readonly string[];
  /** As the user finds the file of a function, of its URL. */
  readonly placeOf: (url: string) => string;
}

const widest = 120;
const hottest = 3;

/** Where the time of a profiled run's workers went, for a person. */
export function profileLines(report: ProfileReport, columns: number, paint: Paint): readonly string[] {
  const width = Math.min(columns, widest);
  return [
    "",
    ...timeLines(report, width, paint),
    ...functionLines(report, width, paint),
    "",
    ...report.files.map((file, index) => `${paint("dim", (index === 0 ? "profiles" : "").padEnd(10))}  ${file}`),
    ...report.missing.map((sentence) => paint("yellow", `warning: ${sentence}`)),
  ];
}

const timeColumns: readonly Column[] = [
  { title: "step" },
  { title: "busy", align: "right" },
  { title: "share", align: "right" },
  { title: "", isFlexible: true },
];

function timeLines({ time, stepIds }: ProfileReport, width: number, paint: Paint): readonly string[] {
  if (time.seconds <= 0) return [paint("bold", "no worker was needed: there is no time to account for")];
  const ids = ["read", ...stepIds, "write"];
  const sum = ids.reduce((total, id) => total + (time.busy[id] ?? 0), 0);
  // Samples are worked on several at once: together they may be busy for longer than their worker.
  const overlap = Math.max(1, time.taskSeconds > 0 ? sum / time.taskSeconds : 1);
  const row = (id: string, seconds: number, share: number, what: string): readonly Cell[] => [
    { text: id },
    { text: formatDuration(seconds) },
    { text: formatPercent(share) },
    { text: what, style: "dim" },
  ];
  const outside = [
    ["between steps", Math.max(0, time.taskSeconds - sum), "accounts, waiting for memory"],
    ["waiting for a task", time.idleSeconds, "behind the first"],
    ["starting", time.startingSeconds, "boot, opening the steps, listing the input"],
  ] as const;
  return [
    `${paint("bold", "where the time of the workers went")}: ${plural(time.workers, "worker")}, ${formatDuration(time.seconds)} together`,
    ...tableLines(
      timeColumns,
      [
        ...ids.map((id) => {
          const seconds = time.busy[id] ?? 0;
          return row(id, seconds, seconds / overlap / time.seconds, "");
        }),
        ...outside.map(([name, seconds, what]) => row(name, seconds, seconds / time.seconds, what)),
      ],
      { width, paint },
    ),
    ...(overlap > 1
      ? [`a worker's steps were busy with ${overlap.toFixed(1)} samples at once: the shares are scaled to its time`]
      : []),
    ...(time.requests > 0
      ? [
          `requests to storage: ${formatCount(time.requests)}, ${formatDuration(time.requestSeconds)} together, within the time above`,
        ]
      : []),
  ];
}

function functionLines(report: ProfileReport, width: number, paint: Paint): readonly string[] {
  const { busySeconds, idleSeconds, functions } = report.workers;
  if (busySeconds <= 0) return [];
  const seconds = busySeconds + idleSeconds;
  const { coordinator } = report;
  const busyShare = coordinator === null ? "" : `; the coordinator's ${formatPercent(shareOf(coordinator))}`;
  return [
    "",
    `${paint("bold", "hottest functions")} of the ${formatPercent(busySeconds / seconds)} of their time in which the workers' JavaScript threads were busy${busyShare}`,
    ...tableLines(
      [{ title: "function" }, { title: "self", align: "right" }, { title: "at", isFlexible: true }],
      functions
        .slice(0, hottest)
        .map((one): readonly Cell[] => [
          { text: one.name },
          { text: formatPercent(one.seconds / busySeconds) },
          { text: placeText(one, report.placeOf) },
        ]),
      { width, paint },
    ),
  ];
}

function shareOf({ busySeconds, idleSeconds }: ThreadTime): number {
  const seconds = busySeconds + idleSeconds;
  return seconds > 0 ? busySeconds / seconds : 0;
}

function placeText({ name, url, line }: FunctionTime, placeOf: (url: string) => string): string {
  if (url !== "") return `${placeOf(url)}:${line}`;
  if (name === "(garbage collector)") return "memory that is given back";
  return "native code";
}
