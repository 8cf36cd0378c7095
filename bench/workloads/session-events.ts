import { z } from "zod";

const accounting = z.object({ read: z.number() });
const event = z.object({
  time: z.string(),
  type: z.string(),
  task: z.object({ stage: z.number(), split: z.number() }).optional(),
  progress: z.object({ accounting }).optional(),
  receipt: z.object({ stage: z.number(), split: z.number(), accounting }).optional(),
});

export interface SessionFacts {
  /** Samples that its tasks read, as far as was told. */
  readonly read: number;
  /** When the first task began, in milliseconds since 1970. */
  readonly firstTaskAt: number | undefined;
}

/** What `--json` said during a session, whose last line may be cut off. */
export function sessionFacts(stdout: string): SessionFacts {
  const read = new Map<string, number>();
  let firstTaskAt: number | undefined;
  for (const line of stdout.split("\n").slice(0, -1)) {
    const { time, type, task, progress, receipt } = event.parse(JSON.parse(line));
    if (type === "task-started") firstTaskAt ??= Date.parse(time);
    if (task !== undefined && progress !== undefined) read.set(`${task.stage} ${task.split}`, progress.accounting.read);
    if (receipt !== undefined) read.set(`${receipt.stage} ${receipt.split}`, receipt.accounting.read);
  }
  return { read: [...read.values()].reduce((sum, one) => sum + one, 0), firstTaskAt };
}
