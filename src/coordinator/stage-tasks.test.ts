import { expect, test } from "vitest";
import { type PendingTask, type SharedWork, StageTasks } from "./stage-tasks.ts";

const alone: SharedWork = {
  isDone: () => false,
  claim: async (keys) => new Set(keys),
  refresh: async () => undefined,
};

/** Tasks that read so many files each; `pulled` says how many were asked for. */
function tasksOf(count: number, files: number) {
  const file = { uri: "/in/a.jpg", bytes: 1, version: "1" };
  const asked = { pulled: 0 };
  async function* pending(): AsyncGenerator<PendingTask> {
    for (let split = 0; split < count; split++) {
      asked.pulled++;
      yield { id: { stage: 0, split }, input: { kind: "split", split: { files: Array(files).fill(file), bytes: 1 } } };
    }
  }
  return { asked, pending };
}

test("hands every task out once and in order, and holds few that read many files", async () => {
  const { asked, pending } = tasksOf(200, 4000);
  const tasks = new StageTasks(pending(), alone, 2, new AbortController().signal);
  let most = 0;
  for (let split = 0; split < 200; split++) {
    expect((await tasks.next())?.split).toBe(split);
    most = Math.max(most, asked.pulled - split);
  }
  expect(await tasks.next()).toBeUndefined();
  expect(most).toBeLessThanOrEqual(5);
});

test("holds no fewer than there are slots, whatever they read", async () => {
  const { asked, pending } = tasksOf(200, 4000);
  const tasks = new StageTasks(pending(), alone, 64, new AbortController().signal);
  await tasks.next();
  expect(asked.pulled).toBe(64);
});
