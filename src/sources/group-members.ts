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
  items: AsyncIterable<Item>,
): AsyncGenerator<Group<Item>> {
  const open: Group<Item>[] = [];
  for await (const item of items) {
    for (let last = open.at(-1); last !== undefined && !canStillGrow(last.key, item.relative); last = open.at(-1)) {
      open.pop();
      yield last;
    }
    const { key } = memberName(item.relative);
    const known = open.find((group) => group.key === key);
    if (known === undefined) open.push({ key, members: [item] });
    else known.members.push(item);
  }
  while (open.length > 0) {
    const last = open.pop();
    if (last !== undefined) yield last;
  }
}

/** Whether a path that sorts at or behind `path` can have `key`: `key` itself and `key.…` can. */
function canStillGrow(key: string, path: string): boolean {
  return path.startsWith(key) && (path.length === key.length || path.charCodeAt(key.length) <= 0x2e);
}
