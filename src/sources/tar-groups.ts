import { PipelineError } from "../model/errors.ts";
import { memberName } from "./group-members.ts";
import type { TarEntry } from "./tar-entries.ts";

export interface TarMember {
  readonly name: string;
  readonly extension: string;
  readonly offset: number;
  readonly size: number;
}

export interface TarGroup {
  /** Key of the group; behind a `~` the occurrence, from the second on. */
  readonly key: string;
  readonly members: TarMember[];
  /** Why the group cannot be a sample. */
  error?: PipelineError | undefined;
}

/**
 * Collects the members of an archive into groups of one key, in order of first appearance, wherever the
 * members stand. A member whose name is taken begins a further group of that key, which is in error.
 * Folders, and names whose last segment begins with a dot, are left out.
 */
export class TarGroups {
  readonly groups: TarGroup[] = [];
  private readonly latest = new Map<string, TarGroup>();
  private readonly occurrences = new Map<string, number>();
  private last: TarGroup | undefined;
  private readonly archive: string;

  constructor(archive: string) {
    this.archive = archive;
  }

  /** The group that the entry belongs to. */
  add(entry: TarEntry): TarGroup | undefined {
    const name = entry.name.replace(/^(?:\.\/+)+/, "");
    const { key, extension } = memberName(name);
    if (entry.type === "folder" || key === "" || key.endsWith("/")) return undefined;
    let group = this.latest.get(key);
    if (group === undefined || group.members.some((member) => member.name === name)) group = this.begin(key);
    group.members.push({ name, extension, offset: entry.offset, size: entry.size });
    group.error ??= problemOf(name, entry, this.archive);
    this.last = group;
    return group;
  }

  /** Marks the group that was being collected when the archive turned out to be damaged: it may lack members. */
  damage(error: PipelineError): TarGroup {
    const group = this.last ?? this.begin("rest");
    group.error = error;
    return group;
  }

  private begin(key: string): TarGroup {
    const occurrence = (this.occurrences.get(key) ?? 0) + 1;
    this.occurrences.set(key, occurrence);
    const group: TarGroup = { key: occurrence === 1 ? key : `${key}~${occurrence}`, members: [] };
    if (occurrence > 1) {
      group.error = new PipelineError(
        "ID_NOT_UNIQUE",
        `${this.archive} holds the key ${JSON.stringify(key)} more than once; the first is kept`,
        { details: { key, occurrence } },
      );
    }
    this.groups.push(group);
    this.latest.set(key, group);
    return group;
  }
}

function problemOf(name: string, entry: TarEntry, archive: string): PipelineError | undefined {
  if (name.startsWith("/") || name.includes("\0") || name.split("/").includes("..")) {
    return new PipelineError(
      "SAMPLE_UNSAFE_PATH",
      `${archive} holds ${JSON.stringify(name)}, which points outside of it`,
      {
        details: { name },
      },
    );
  }
  if (entry.type !== "other") return undefined;
  return new PipelineError(
    "SAMPLE_UNSUPPORTED",
    `${JSON.stringify(name)} in ${archive} is a link, a device or a sparse file; expected a regular file`,
    { details: { name } },
  );
}
