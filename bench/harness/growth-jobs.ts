import { runPipeline } from "./pipeline-command.ts";
import type { GrowthJob } from "./workload.ts";

const shares = [0.01, 0.1, 1];
const workers = [1, 2];

/** A job at 1, 10 and 100 times an input, the most being what the workload has, with one worker and with two. */
export async function growthJobs(
  folder: string,
  most: number,
  pipelineOf: (items: number) => Promise<string>,
): Promise<readonly GrowthJob[]> {
  const jobs: GrowthJob[] = [];
  for (const share of shares) {
    const items = Math.max(1, Math.round(most * share));
    const pipeline = await pipelineOf(items);
    for (const count of workers) {
      const job = { folder, name: `growth-${items}-${count}`, pipeline, workers: count, items };
      jobs.push({ items, workers: count, run: () => runPipeline(job) });
    }
  }
  return jobs;
}
