import type { InputFile } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { type ByteCursor, rangeCursor, streamCursor } from "./byte-cursor.ts";
import { type Compression, compressionOf, corrupt, readRange, streamDecompressed } from "./open-bytes.ts";
import { TarDamage, tarEntries } from "./tar-entries.ts";
import { type TarGroup, TarGroups } from "./tar-groups.ts";

export interface TarArchive {
  readonly file: InputFile;
  /** Path of the archive below the source's folder. */
  readonly relative: string;
  readonly compression: Compression;
}

export async function openArchive(file: InputFile, relative: string, signal: AbortSignal): Promise<TarArchive> {
  return { file, relative, compression: await compressionOf(file, signal) };
}

/** A cursor at the start of the archive's bytes, decompressed. */
export function archiveCursor({ file, compression }: TarArchive, signal: AbortSignal): ByteCursor {
  if (compression !== "none") return streamCursor(streamDecompressed(file, compression, signal));
  return rangeCursor(file.bytes, (offset, length) => readRange(file, offset, length, signal));
}

/**
 * The groups of an archive, from its headers alone: bodies of plain archives are not read. Where the archive is
 * damaged, the group that was being collected is in error (INPUT_CORRUPT), and what follows is not there.
 */
export async function indexArchive(archive: TarArchive, signal: AbortSignal): Promise<readonly TarGroup[]> {
  const groups = new TarGroups(JSON.stringify(archive.file.uri));
  const cursor = archiveCursor(archive, signal);
  try {
    for await (const entry of tarEntries(cursor)) groups.add(entry);
  } catch (error) {
    groups.damage(damageOf(archive, error));
  } finally {
    await cursor.close();
  }
  return groups.groups;
}

function damageOf({ file }: TarArchive, error: unknown): PipelineError {
  if (error instanceof TarDamage) return corrupt(file, error.message, error);
  if (error instanceof PipelineError && error.code === "INPUT_CORRUPT") return error;
  throw error;
}
