import { expect, it } from "vitest";
import { emptyAccounting } from "../contract/accounting.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { plainPaint } from "./paint.ts";
import { type ProfileReport, profileLines } from "./profile-lines.ts";
import { WorkerTime } from "./worker-time.ts";

const task = { stage: 0, split: 0 };
const receipt = { ...task, attempt: 1, shards: [], accounting: emptyAccounting, seconds: 8 };
const summary = {
  outcome: "succeeded",
  runId: "r",
  destination: "/out",
  accounting: emptyAccounting,
  shards: 1,
  shardBytes: 1,
  failedTasks: [],
  error: null,
  seconds: 12,
  wasComplete: false,
} as const;

const progressed = (busySeconds: { readonly [step: string]: number }): RunEvent => ({
  type: "task-progressed",
  task,
  attempt: 1,
  progress: { accounting: emptyAccounting, busySeconds, imagesDecoded: {} },
});

/** Two workers: one works for 8 of its 10 seconds, the other is lost after 4 seconds in a task that is tried again. */
function timeOf(busySeconds: { readonly [step: string]: number }): ProfileReport["time"] {
  const time = new WorkerTime();
  const events: readonly (readonly [number, RunEvent])[] = [
    [0, { type: "worker-started", worker: 1, processId: 8, node: null }],
    [0, { type: "task-started", worker: 1, task: { stage: 0, split: 1 }, attempt: 1 }],
    [2, { type: "worker-started", worker: 0, processId: 9, node: null }],
    [3, { type: "task-started", worker: 0, task, attempt: 1 }],
    [4, { type: "worker-lost", worker: 1, end: "killed", reason: "it was ended by SIGKILL" }],
    [4, { type: "worker-activity", worker: 1, activity: { doing: "idle" } }],
    [5, progressed({ read: 0.5 })],
    [11, progressed(busySeconds)],
    [11, { type: "task-finished", receipt }],
    [11, { type: "worker-activity", worker: 0, activity: { doing: "idle" } }],
    [12, { type: "run-finished", summary }],
  ];
  for (const [at, event] of events) time.onEvent(event, at);
  return time.figures;
}

const report: ProfileReport = {
  time: timeOf({ read: 1, "1-hash": 6, write: 0.5 }),
  stepIds: ["1-hash"],
  workers: {
    busySeconds: 4,
    idleSeconds: 1,
    functions: [
      { name: "hash", url: "file:///hash.ts", line: 12, seconds: 2 },
      { name: "(program)", url: "", line: 0, seconds: 1 },
      { name: "(garbage collector)", url: "", line: 0, seconds: 0.6 },
      { name: "rest", url: "file:///rest.ts", line: 1, seconds: 0.4 },
    ],
  },
  coordinator: { busySeconds: 1, idleSeconds: 9, functions: [] },
  files: ["/p/worker-0.cpuprofile", "/p/coordinator.cpuprofile"],
  missing: ["worker 1 has none"],
  placeOf: (url) => url.replace("file:///", ""),
};

it("accounts for the workers' time, and names what was hottest, the profiles and what has none", () => {
  expect(`\n${profileLines(report, 100, plainPaint).join("\n")}\n`).toMatchInlineSnapshot(`
    "

    where the time of the workers went: 2 workers, 14s together
    step                 busy   share
    read                 1.0s   7.1 %
    1-hash               6.0s  42.9 %
    write               0.50s   3.6 %
    between steps        4.5s  32.1 %  accounts, waiting for memory
    waiting for a task   1.0s   7.1 %  behind the first
    starting             1.0s   7.1 %  boot, opening the steps, listing the input

    hottest functions of the 80 % of their time in which the workers' JavaScript threads were busy; the coordinator's 10 %
    function             self  at
    hash                 50 %  hash.ts:12
    (program)            25 %  native code
    (garbage collector)  15 %  memory that is given back

    profiles    /p/worker-0.cpuprofile
                /p/coordinator.cpuprofile
    warning: worker 1 has none
    "
  `);
});

it("scales shares where samples overlap, so that they are still of the workers' time", () => {
  const text = profileLines({ ...report, time: timeOf({ read: 0, "1-hash": 24, write: 0 }) }, 100, plainPaint).join(
    "\n",
  );
  expect(text).toMatch(/1-hash +24s +85\.7 %/);
  expect(text).toContain("a worker's steps were busy with 2.0 samples at once");
});

it("has a word for a run that needed no worker", () => {
  const time = new WorkerTime().figures;
  const workers = { busySeconds: 0, idleSeconds: 0, functions: [] };
  expect(profileLines({ ...report, time, workers, coordinator: null }, 100, plainPaint)[1]).toContain("no worker");
});
