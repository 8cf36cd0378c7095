import { expect, test } from "vitest";
import { lineValue, memoryCgroups } from "./memory-cgroup.ts";

const folders = (cgroup: string, mountinfo: string) => memoryCgroups(cgroup, mountinfo).map(({ folder }) => folder);

const secondVersionMount =
  "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot";

test("version 2: a systemd unit is bounded by its slices as well", () => {
  const groups = memoryCgroups("0::/system.slice/pipeline.service\n", secondVersionMount);
  expect(groups.map(({ folder }) => folder)).toEqual([
    "/sys/fs/cgroup/system.slice/pipeline.service",
    "/sys/fs/cgroup/system.slice",
    "/sys/fs/cgroup",
  ]);
  expect(groups[0]).toMatchObject({
    limits: [
      "/sys/fs/cgroup/system.slice/pipeline.service/memory.max",
      "/sys/fs/cgroup/system.slice/pipeline.service/memory.high",
    ],
    use: "/sys/fs/cgroup/system.slice/pipeline.service/memory.current",
  });
});

test("version 2: a container with a namespace of its own sees its group as the root", () => {
  const mount = "1093 1092 0:30 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate";
  expect(folders("0::/\n", mount)).toEqual(["/sys/fs/cgroup"]);
  expect(folders("0::/../other\n", mount)).toEqual(["/sys/fs/cgroup"]);
});

const hybridGroups = `11:cpu,cpuacct:/docker/4f1c
9:memory:/docker/4f1c/job
1:name=systemd:/docker/4f1c
0::/system.slice/containerd.service
`;

test("version 1: the memory controller's own hierarchy counts, even where version 2 is mounted beside it", () => {
  const mount = `
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
  const groups = memoryCgroups(hybridGroups, mount);
  expect(groups.map(({ folder }) => folder)).toEqual([
    "/sys/fs/cgroup/memory/docker/4f1c/job",
    "/sys/fs/cgroup/memory/docker/4f1c",
    "/sys/fs/cgroup/memory/docker",
    "/sys/fs/cgroup/memory",
  ]);
  expect(groups[1]).toMatchObject({
    limits: ["/sys/fs/cgroup/memory/docker/4f1c/memory.limit_in_bytes"],
    use: "/sys/fs/cgroup/memory/docker/4f1c/memory.usage_in_bytes",
    kills: "/sys/fs/cgroup/memory/docker/4f1c/memory.oom_control",
  });
});

test("version 1: a container without a namespace sees its own group at the mount", () => {
  const mount = "766 765 0:32 /docker/4f1c /sys/fs/cgroup/memory ro,relatime master:15 - cgroup cgroup rw,memory";
  expect(folders(hybridGroups, mount)).toEqual(["/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/memory"]);
});

test("a mount point with a blank in its name is found", () => {
  expect(folders("0::/a\n", "35 24 0:30 / /mnt/my\\040groups rw - cgroup2 none rw")).toEqual([
    "/mnt/my groups/a",
    "/mnt/my groups",
  ]);
});

test("without control groups there are none", () => {
  expect(memoryCgroups("", "")).toEqual([]);
  expect(memoryCgroups("0::/a\n", "22 1 8:1 / / rw - ext4 /dev/sda1 rw")).toEqual([]);
  expect(memoryCgroups("2:cpu:/a\n", secondVersionMount)).toEqual([]);
});

test("numbers are found by their whole name", () => {
  const oomControl = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
  expect(lineValue(oomControl, "oom_kill")).toBe(3);
  expect(lineValue("inactive_file 5\ntotal_inactive_file 4096\n", "total_inactive_file")).toBe(4096);
  expect(lineValue("MemTotal:       24684084 kB\nMemAvailable:   24383000 kB\n", "MemAvailable")).toBe(24_383_000);
  expect(lineValue("anon 1\n", "file")).toBeUndefined();
});
