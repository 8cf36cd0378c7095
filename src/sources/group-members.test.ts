import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupSorted, memberName } from "./group-members.ts";

async function groupsOf(paths: readonly string[]): Promise<readonly (readonly [string, readonly string[]])[]> {
  const found: [string, string[]][] = [];
  async function* sorted() {
    const items = [...paths].sort().map((relative) => ({ relative }));
    while (items.length > 0) yield items.splice(0, 2);
  }
  for await (const groups of groupSorted(sorted())) {
    for (const { key, members } of groups) found.push([key, members.map(({ relative }) => relative)]);
  }
  return found;
}

describe("memberName", () => {
  it.each([
    ["photo.v2.jpg", "photo", "v2.jpg"],
    ["a.b/photo.jpg", "a.b/photo", "jpg"],
    ["a.b/README", "a.b/README", ""],
    ["x.", "x", ""],
  ])("cuts %s at the first dot of the last segment", (path, key, extension) => {
    expect(memberName(path)).toEqual({ key, extension });
  });
});

describe("groupSorted", () => {
  it("keeps members together that a folder or a longer name comes between", async () => {
    expect(await groupsOf(["a", "a-b.txt", "a.jpg", "a.c/x.jpg", "a.txt", "a/z.txt", "b.txt"])).toEqual([
      ["a-b", ["a-b.txt"]],
      ["a.c/x", ["a.c/x.jpg"]],
      ["a", ["a", "a.jpg", "a.txt"]],
      ["a/z", ["a/z.txt"]],
      ["b", ["b.txt"]],
    ]);
  });

  it("gives each path once, in the one group of its key, for any names", async () => {
    const segment = fc.string({ unit: fc.constantFrom("a", "b", ".", "-", "0", " "), minLength: 1, maxLength: 4 });
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 40 }), async (paths) => {
        const groups = await groupsOf(paths);
        expect(new Set(groups.map(([key]) => key)).size).toBe(groups.length);
        expect(groups.flatMap(([, members]) => members).sort()).toEqual([...paths].sort());
        for (const [key, members] of groups) for (const member of members) expect(memberName(member).key).toBe(key);
      }),
    );
  });
});
