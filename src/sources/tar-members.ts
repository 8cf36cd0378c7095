import { sniffedHeadBytes } from "../media/sniff-media-type.ts";
import { bytesContent, lazyContent } from "../model/content.ts";
import { PipelineError } from "../model/errors.ts";
import { type Member, tooLarge } from "./assemble-sample.ts";
import { readRange } from "./open-bytes.ts";
import { archiveCursor, type TarArchive } from "./tar-archive.ts";
import { tarEntries } from "./tar-entries.ts";
import { type TarGroup, TarGroups, type TarMember } from "./tar-groups.ts";

interface ReadGroup {
  readonly group: TarGroup;
  /** Empty when the group is in error. */
  readonly members: readonly Member[];
}

interface BatchLimits {
  readonly samples: number;
  readonly bytes: number;
  /** Bytes that groups may hold while they wait for members. */
  readonly heldBytes: number;
}

/** Members up to this size are read with their neighbours; of larger ones the head, and the rest when a step asks. */
const wholeMemberBytes = 2 ** 20;
/** Bytes between two wanted ranges that are read along, to save a request. */
const bridgedBytes = 64 * 1024;

/** Groups of an archive that can be read from anywhere, in the order of `groups`. */
export async function* readRandomGroups(
  archive: TarArchive,
  groups: readonly TarGroup[],
  limits: BatchLimits,
  signal: AbortSignal,
): AsyncGenerator<readonly ReadGroup[]> {
  let batch: TarGroup[] = [];
  let bytes = 0;
  for (const group of groups) {
    batch.push(group);
    if (group.error === undefined) for (const member of group.members) bytes += headLength(member);
    if (batch.length < limits.samples && bytes < limits.bytes) continue;
    yield await readBatch(archive, batch, signal);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield await readBatch(archive, batch, signal);
}

function headLength({ size }: TarMember): number {
  return size <= wholeMemberBytes ? size : sniffedHeadBytes;
}

async function readBatch(
  archive: TarArchive,
  batch: readonly TarGroup[],
  signal: AbortSignal,
): Promise<readonly ReadGroup[]> {
  signal.throwIfAborted();
  const wanted = batch.flatMap((group) => (group.error === undefined ? group.members : []));
  const heads = new Map<TarMember, Uint8Array>();
  await Promise.all(
    runsOf(wanted).map(async ({ offset, end, members }) => {
      const run = await readRange(archive.file, offset, end - offset, signal);
      for (const member of members) {
        const from = member.offset - offset;
        heads.set(member, run.subarray(from, from + headLength(member)));
      }
    }),
  );
  const { uri } = archive.file;
  return batch.map((group) => ({
    group,
    members:
      group.error !== undefined
        ? []
        : group.members.map((member) => {
            const head = heads.get(member) ?? new Uint8Array();
            const { offset, size } = member;
            const reference = { uri, range: { offset, length: size } };
            const content =
              size === head.byteLength
                ? bytesContent(head, reference)
                : lazyContent(() => readRange(archive.file, offset, size, signal), { byteLength: size, reference });
            return { where: whereOf(archive, member), extension: member.extension, byteLength: size, head, content };
          }),
  }));
}

interface Run {
  readonly offset: number;
  end: number;
  readonly members: TarMember[];
}

/** The ranges to read for the members' heads: neighbours together. */
function runsOf(members: readonly TarMember[]): readonly Run[] {
  const runs: Run[] = [];
  for (const member of [...members].sort((a, b) => a.offset - b.offset)) {
    if (member.size === 0) continue;
    const last = runs.at(-1);
    const end = member.offset + headLength(member);
    if (last !== undefined && member.offset - last.end <= bridgedBytes) {
      last.end = end;
      last.members.push(member);
    } else runs.push({ offset: member.offset, end, members: [member] });
  }
  return runs;
}

/**
 * Groups of an archive that can only be read from its start: each as soon as its last member has been read, so that
 * well-ordered archives hold one group at a time. Groups that wait for members hold at most `limits.heldBytes`
 * together; beyond that the one that has waited longest fails with SAMPLE_TOO_LARGE.
 */
export async function* readStreamedGroups(
  archive: TarArchive,
  groups: readonly TarGroup[],
  limits: BatchLimits,
  signal: AbortSignal,
): AsyncGenerator<readonly ReadGroup[]> {
  const planned = new Map(groups.map((group) => [group.key, group]));
  const waiting = new Map<TarGroup, Member[]>();
  let held = 0;
  let batch: ReadGroup[] = groups.filter(({ error }) => error !== undefined).map((group) => ({ group, members: [] }));
  let batchBytes = 0;
  const cursor = archiveCursor(archive, signal);
  const seen = new TarGroups(JSON.stringify(archive.file.uri));
  let missing = groups.length - batch.length;
  try {
    const entries = tarEntries(cursor);
    while (missing > 0) {
      const next = await entries.next();
      if (next.done === true) throw changedBetweenReads(archive);
      const key = seen.add(next.value)?.key;
      const group = key === undefined ? undefined : planned.get(key);
      if (group === undefined || group.error !== undefined) continue;
      const members = waiting.get(group) ?? [];
      waiting.set(group, members);
      members.push(await memberOf(archive, group.members[members.length], (length) => cursor.read(length)));
      held += next.value.size;
      if (members.length === group.members.length) {
        const bytes = bytesOf(members);
        waiting.delete(group);
        held -= bytes;
        missing--;
        batch.push({ group, members });
        batchBytes += bytes;
      } else if (held > limits.heldBytes) {
        const failed = failLongestWaiting(archive, waiting, limits.heldBytes);
        held -= failed.bytes;
        missing--;
        batch.push({ group: failed.group, members: [] });
      }
      if (batch.length < limits.samples && batchBytes < limits.bytes) continue;
      yield batch;
      batch = [];
      batchBytes = 0;
    }
  } finally {
    await cursor.close();
  }
  if (batch.length > 0) yield batch;
}

async function memberOf(
  archive: TarArchive,
  member: TarMember | undefined,
  read: (length: number) => Promise<Uint8Array>,
): Promise<Member> {
  if (member === undefined) throw changedBetweenReads(archive);
  const head = await read(member.size);
  return {
    where: whereOf(archive, member),
    extension: member.extension,
    byteLength: member.size,
    head,
    content: bytesContent(head),
  };
}

function failLongestWaiting(
  archive: TarArchive,
  waiting: Map<TarGroup, Member[]>,
  limit: number,
): { readonly group: TarGroup; readonly bytes: number } {
  for (const [group, members] of waiting) {
    const bytes = bytesOf(members);
    const where = `the sample ${JSON.stringify(group.key)}, whose members stand far apart in ${JSON.stringify(archive.file.uri)},`;
    group.error = tooLarge(where, bytes, limit, "maxSampleBytes");
    waiting.delete(group);
    return { group, bytes };
  }
  throw changedBetweenReads(archive);
}

function bytesOf(members: readonly Member[]): number {
  return members.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function whereOf({ file }: TarArchive, { name }: TarMember): string {
  return `${JSON.stringify(name)} in ${JSON.stringify(file.uri)}`;
}

function changedBetweenReads({ file }: TarArchive): PipelineError {
  return new PipelineError("INPUT_CHANGED", `${JSON.stringify(file.uri)} changed while it was read`, {
    details: { path: file.uri },
  });
}
