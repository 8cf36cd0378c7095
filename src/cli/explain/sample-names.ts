import process from "node:process";
import { z } from "zod";
import type { Split } from "../../contract/source.ts";
import { resolveUri } from "../../storage/uri.ts";

/** What a user typed to name a sample, or a file of the input. */
export interface SampleNames {
  readonly text: string;
  /** The id itself and, as far as it looks like a child's, those that it can be split from, nearest first. */
  readonly ids: readonly string[];
  /** The text as a path, made absolute. */
  readonly uri: string;
}

export function sampleNames(text: string): SampleNames {
  const ids = [text];
  for (let id = text; /#\d+$/.test(id); ids.push(id)) id = id.replace(/#\d+$/, "");
  return { text, ids, uri: resolveUri(text, process.cwd()) };
}

/** The place of the file in the split that the text names: whole path, or the end of one. Undefined when there is none. */
export function fileNamed({ text, uri }: SampleNames, split: Split): number | undefined {
  const tail = `/${text.replace(/^\.\//, "")}`;
  const index = split.files.findIndex((file) => file.uri === uri || file.uri.endsWith(tail));
  return index === -1 ? undefined : index;
}

/** How sources cut records out of a file: a byte range, or rows. */
const piece = z.union([
  z.looseObject({ start: z.number(), end: z.number().nullable() }),
  z.looseObject({ firstRow: z.number(), rows: z.number() }).transform(({ firstRow, rows }) => ({
    start: firstRow,
    end: firstRow + rows,
  })),
]);

/**
 * Whether the split is where to look first, as ids of our sources go: a path without its extension (`files`),
 * `<path>:<position>` (records), `<path>/<key>` (archives). False says nothing about ids that records bring along.
 */
export function mayHold(names: SampleNames, split: Split): boolean {
  return names.ids.some((id) => split.files.some(({ uri }) => mayBeOf(id, uri, split)));
}

function mayBeOf(id: string, uri: string, split: Split): boolean {
  if (isTail(uri, id) || isTail(uri.replace(/\.[^/.]*$/, ""), id) || isTail(uri.replace(/\.[^/]*$/, ""), id))
    return true;
  const record = /^(.*?):(\d+)?(?::?rest)?$/s.exec(id);
  if (record?.[1] !== undefined && isTail(uri, record[1])) return isInPiece(record[2], split);
  for (let slash = id.lastIndexOf("/"); slash > 0; slash = id.lastIndexOf("/", slash - 1)) {
    if (isTail(uri, id.slice(0, slash))) return true;
  }
  return false;
}

function isTail(uri: string, path: string): boolean {
  return uri.endsWith(path) && (uri.length === path.length || uri[uri.length - path.length - 1] === "/");
}

function isInPiece(position: string | undefined, split: Split): boolean {
  const owned = piece.safeParse(split.locator);
  if (position === undefined || !owned.success) return true;
  return Number(position) >= owned.data.start && Number(position) < (owned.data.end ?? Number.POSITIVE_INFINITY);
}
