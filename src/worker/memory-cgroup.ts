/** Where the kernel keeps the memory figures of one control group. */
export interface CgroupFiles {
  readonly folder: string;
  /** Files that hold a limit in bytes, or a word or a huge number for none. */
  readonly limits: readonly string[];
  readonly use: string;
  readonly stat: string;
  /** File whose line `oom_kill` counts the processes of the group that the kernel ended for memory. */
  readonly kills: string;
  /** Lines of `stat` that count file pages, which the kernel takes back before it ends a process. */
  readonly reclaimable: readonly string[];
}

/**
 * Control groups that bound the memory of a process, its own first and then the ones around it, from what
 * `/proc/<pid>/cgroup` and `/proc/<pid>/mountinfo` say. Version 1 where the memory controller is mounted so, else
 * version 2. In a container with a namespace of its own the list ends with what the container may see. Empty where
 * no group is mounted.
 */
export function memoryCgroups(cgroup: string, mountinfo: string): readonly CgroupFiles[] {
  const lines = cgroup.split("\n").map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const first = lines.find((line) => line?.[1]?.split(",").includes("memory"));
  const second = lines.find((line) => line?.[1] === "");
  const path = first?.[2] ?? second?.[2];
  if (path === undefined) return [];
  const isFirst = first !== undefined && first !== null;
  const mount = mounts(mountinfo).find((one) =>
    isFirst ? one.type === "cgroup" && one.options.includes("memory") : one.type === "cgroup2",
  );
  if (mount === undefined) return [];
  return folders(mount, path).map(isFirst ? firstVersion : secondVersion);
}

interface Mount {
  /** Path within the hierarchy that is seen at `point`. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

function mounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, point] = before?.split(" ") ?? [];
    const [type, , options] = after?.split(" ") ?? [];
    if (root === undefined || point === undefined || type === undefined) return [];
    return [{ root: unescaped(root), point: unescaped(point), type, options: options?.split(",") ?? [] }];
  });
}

/** mountinfo writes blanks and backslashes as three octal digits. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The folder of a group and every folder around it, up to the mount's own. */
function folders(mount: Mount, path: string): readonly string[] {
  const root = mount.root === "/" ? "" : mount.root;
  const isWithin = path === root || path.startsWith(`${root}/`);
  // A path outside of what is mounted is another namespace's: what is mounted is then the process's own group.
  const names = isWithin ? path.slice(root.length).split("/").filter(Boolean) : [];
  if (names.includes("..")) return [mount.point];
  return Array.from({ length: names.length + 1 }, (_, up) =>
    [mount.point, ...names.slice(0, names.length - up)].join("/"),
  );
}

function firstVersion(folder: string): CgroupFiles {
  return {
    folder,
    limits: [`${folder}/memory.limit_in_bytes`],
    use: `${folder}/memory.usage_in_bytes`,
    stat: `${folder}/memory.stat`,
    kills: `${folder}/memory.oom_control`,
    reclaimable: ["total_inactive_file", "total_active_file"],
  };
}

function secondVersion(folder: string): CgroupFiles {
  return {
    folder,
    limits: [`${folder}/memory.max`, `${folder}/memory.high`],
    use: `${folder}/memory.current`,
    stat: `${folder}/memory.stat`,
    kills: `${folder}/memory.events`,
    reclaimable: ["inactive_file", "active_file"],
  };
}

/** The number behind a name in a text of lines `name number`, or `name: number kB`; undefined when there is none. */
export function lineValue(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:?\\s+(\\d+)`, "m").exec(text);
  return found === null ? undefined : Number(found[1]);
}
