import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

const lookEveryMilliseconds = 10;

/**
 * Process ids of a group's living members. Dead ones that nobody has waited for do not count; where there is no /proc
 * they cannot be told apart, and the group itself stands for them.
 */
export async function groupMembers(group: number): Promise<readonly number[]> {
  try {
    process.kill(-group, 0);
  } catch {
    // No such group, or none of ours: nobody is left in it.
    return [];
  }
  if (process.platform !== "linux") return [group];
  const members: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // A process that ends while it is looked at is no member.
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(itsGroup) === group && state !== "Z" && state !== "X") members.push(Number(name));
  }
  return members;
}

/** Waits until nobody of the group is left; answers who still is when the time is over. */
export async function groupGone(group: number, seconds: number): Promise<readonly number[]> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const members = await groupMembers(group);
    if (members.length === 0 || performance.now() > deadline) return members;
    // There is no event for the end of somebody else's child.
    await delay(lookEveryMilliseconds);
  }
}
