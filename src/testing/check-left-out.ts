import type { InputFile, LeavesOut, OpenedSource, Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";

/**
 * Holds the listing of a source to what `leavesOut` promises: every group of files is asked for once, in the order
 * of the splits, and what is left out is in no split, while all the rest is.
 */
export async function checkLeftOut(source: OpenedSource, splits: readonly Split[]): Promise<void> {
  const groupsIn = (listed: readonly Split[]) => [
    ...new Set(listed.flatMap((split) => (source.groups?.(split) ?? split.files.map((file) => [file])).map(nameOf))),
  ];
  const asked: string[] = [];
  const listed = await list(source, (files) => {
    asked.push(nameOf(files));
    return false;
  });
  if (JSON.stringify(listed) !== JSON.stringify(splits)) throw broken("asking changes the splits");
  if (new Set(asked).size !== asked.length) throw broken("a group is asked for twice");
  const groups = groupsIn(splits);
  // Files that hold nothing are asked for and are in no split.
  const known = new Set(groups);
  if (JSON.stringify(asked.filter((group) => known.has(group))) !== JSON.stringify(groups))
    throw broken("the groups of the splits are not what was asked for, in this order");
  for (const [index, group] of groups.entries()) {
    if (index % Math.ceil(groups.length / 8) !== 0) continue;
    const others = groupsIn(await list(source, (files) => nameOf(files) === group));
    const expected = groups.filter((other) => other !== group);
    if (JSON.stringify(others) !== JSON.stringify(expected))
      throw broken(`without ${group}, the splits hold ${others.length} groups: expected ${expected.length}`);
  }
}

/** No splits where the source finds that nothing is left. */
async function list(source: OpenedSource, leavesOut: LeavesOut): Promise<readonly Split[]> {
  const splits: Split[] = [];
  try {
    for await (const split of source.splits(new AbortController().signal, leavesOut)) splits.push(split);
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "INPUT_EMPTY")) throw error;
  }
  return splits;
}

function nameOf(files: readonly InputFile[]): string {
  return JSON.stringify(files.map(({ uri, version }) => [uri, version]));
}

function broken(detail: string): Error {
  return new Error(`checkSource: rule "left out" is broken: ${detail}`);
}
