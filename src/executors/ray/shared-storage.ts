import { randomUUID } from "node:crypto";
import type { Task, WorkerSetup } from "../../contract/executor.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { joinUri, schemeOf } from "../../storage/uri.ts";

/**
 * Runs the first task of a worker elsewhere, with files that the worker must see before it begins: those that it reads,
 * and one in the output folder that is there for this moment only. A folder that only this machine has would swallow
 * what the worker writes. Storage that is asked over a network is everybody's.
 */
export async function withSharedStorage<Result>(
  { destination }: WorkerSetup,
  task: Task,
  slot: number,
  run: (mustSee: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const input = task.input.kind === "spool" ? [] : task.input.split.files.slice(0, 1).map((file) => file.uri);
  const local: string[] = [];
  // What is gone for everybody is for the worker to tell.
  for (const uri of input) if (schemeOf(uri) === "file" && (await storageFor(uri).stat(uri))) local.push(uri);
  if (schemeOf(destination) !== "file") return run(local);
  const storage = storageFor(destination);
  const mark = joinUri(destination, `.shared-${slot}-${randomUUID().slice(0, 8)}`);
  await storage.put(mark, new Uint8Array());
  try {
    return await run([...local, mark]);
  } finally {
    await storage.remove(mark);
  }
}
