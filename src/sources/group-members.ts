/** A name taken apart as WebDataset does it. */
interface MemberName {
  /** Path up to the first dot of its last segment: what belongs together has one key. */
  readonly key: string;
  /** What follows that dot; empty when there is none. */
  readonly extension: string;
}

/**
 * `a/photo.v2.jpg` is key `a/photo` and extension `v2.jpg` (webdataset 1.0, `base_plus_ext`).
 * A name without a dot is a key with an empty extension.
 */
export function memberName(path: string): MemberName {
  const nameStart = path.lastIndexOf("/") + 1;
  const dot = path.indexOf(".", nameStart);
  if (dot === -1) return { key: path, extension: "" };
  return { key: path.slice(0, dot), extension: path.slice(dot + 1) };
}

export interface Group<Item> {
  readonly key: string;
  readonly members: Item[];
}

/**
 * Collects items that come in code unit order of their paths into groups of one key. A group comes out
 * when nothing behind can belong to it; what a folder named like a group holds (`a.b/…` beside
 * `a.jpg`) comes before that group. At most as many groups wait as a path has prefixes.
 */
export async function* groupSorted<Item extends { readonly relative: string }>(
  pages: AsyncIterable<readonly Item[]>,
): AsyncGenerator<readonly Group<Item>[]> {
  const open: Group<Item>[] = [];
  for await (const page of pages) {
    const whole: Group<Item>[] = [];
    for (const item of page) {
      for (let last = open.at(-1); last !== undefined && !canStillGrow(last.key, item.relative); last = open.at(-1)) {
        open.pop();
        whole.push(last);
      }
      const { key } = memberName(item.relative);
      const known = open.find((group) => group.key === key);
      if (known === undefined) open.push({ key, members: [item] });
      else known.members.push(item);
    }
    yield whole;
  }
  yield open.reverse();
}

/** Whether a path that sorts at or behind `path` can have `key`: `key` itself and `key.…` can. */
function canStillGrow(key: string, path: string): boolean {
  return path.startsWith(key) && (path.length === key.length || path.charCodeAt(key.length) <= 0x2e);
}

export const groupings = ["auto", "webdataset", "none"] as const;
export type Grouping = (typeof groupings)[number];

/** How a sample's id follows from the path of any of its files: up to the first dot of the name, up to the last, or whole. */
export type Naming = "first-dot" | "last-dot" | "path";

export interface NamedGroup<Item> {
  readonly naming: Naming;
  readonly members: readonly Item[];
}

/**
 * The samples that a group of one WebDataset key becomes. `webdataset`: one. `none`: one a file. `auto`: one,
 * unless two files have the same last extension, as `struct.A.html` and `struct.B.html` have: then the files
 * are not views of one thing, and each name up to its last dot is a sample. Members stay in order, and samples
 * are in the order of their first members.
 */
export function samplesOfGroup<Item extends { readonly relative: string }>(
  { members }: Group<Item>,
  grouping: Grouping,
): readonly NamedGroup<Item>[] {
  if (grouping === "none") return members.map((member) => ({ naming: "path", members: [member] }));
  const extensions = new Set(members.map(({ relative }) => lastDot(relative).extension));
  if (grouping === "webdataset" || extensions.size === members.length) return [{ naming: "first-dot", members }];
  const stems = new Map<string, Item[]>();
  for (const member of members) {
    const { stem } = lastDot(member.relative);
    const known = stems.get(stem);
    if (known === undefined) stems.set(stem, [member]);
    else known.push(member);
  }
  return [...stems.values()].map((stemMembers) => ({ naming: "last-dot", members: stemMembers }));
}

/** The sample's id, from the path of one of its files. */
export function groupId(relative: string, naming: Naming): string {
  if (naming === "path") return relative;
  return naming === "first-dot" ? memberName(relative).key : lastDot(relative).stem;
}

/** Taken apart at the last dot of the last segment. */
function lastDot(path: string): { readonly stem: string; readonly extension: string } {
  const dot = path.lastIndexOf(".");
  if (dot <= path.lastIndexOf("/")) return { stem: path, extension: "" };
  return { stem: path.slice(0, dot), extension: path.slice(dot + 1).toLowerCase() };
}
