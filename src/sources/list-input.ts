import path from "node:path";
import { z } from "zod";
import type { InputFile, LeavesOut } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";
import { parentUri, relativeUri, shownUri } from "../storage/uri.ts";

/** Where a source's files are; the same three options in every source. */
export const locationOptions = {
  path: z
    .string()
    .min(1)
    .describe(
      "File, folder, or pattern such as `./data/**/*.gz`. Files and folders whose name begins with a dot are left out.",
    ),
  include: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "Patterns (`*`, `**`, `?`, `[…]`, `{a,b}`) that a file's path below the folder must match one of; case counts.",
    ),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe("Patterns of files to leave out, matched like `include`; they win over it."),
};

interface Location {
  readonly path: string;
  readonly include?: readonly string[] | undefined;
  readonly exclude: readonly string[];
}

export interface ListedFile extends InputFile {
  /** Path below the listed folder, `/` between its segments; of a single file, its name. */
  readonly relative: string;
}

interface Root {
  /** URI of the folder that relative paths start from. */
  readonly folder: string;
  readonly singleFile?: InputFile;
  /** Patterns of which each file has to match one in each list. */
  readonly required: readonly (readonly string[])[];
}

/**
 * The files at a location in code unit order of their relative paths, in bounded memory.
 * `defaultInclude` applies to a folder when the location names no patterns itself. Without what `leavesOut` says of a
 * single file. Rejects with INPUT_NOT_FOUND, or with INPUT_EMPTY when nothing matches.
 */
export async function* listInput(
  location: Location,
  defaultInclude: readonly string[] | undefined,
  signal: AbortSignal,
  leavesOut?: LeavesOut,
): AsyncGenerator<ListedFile> {
  for await (const page of listInputPages(location, defaultInclude, signal, leavesOut)) yield* page;
}

/** What `listInput` gives, in pieces, as the storage lists them. */
export async function* listInputPages(
  location: Location,
  defaultInclude: readonly string[] | undefined,
  signal: AbortSignal,
  leavesOut: LeavesOut = () => false,
): AsyncGenerator<readonly ListedFile[]> {
  const storage = storageFor(location.path);
  const root = await findRoot(location, defaultInclude, storage);
  if (root.singleFile !== undefined) {
    const listed = { ...root.singleFile, relative: relativeUri(root.folder, root.singleFile.uri) };
    if (!leavesOut([listed])) yield [listed];
    return;
  }
  const others: string[] = [];
  let matching = 0;
  let other = 0;
  for await (const page of storage.listPages(root.folder, signal)) {
    const wanted: ListedFile[] = [];
    for (const { uri, bytes, version } of page) {
      const relative = relativeUri(root.folder, uri);
      if (isWanted(relative, root, location.exclude)) wanted.push({ uri, bytes, version, relative });
      else if (other++ < 3) others.push(relative);
    }
    matching += wanted.length;
    yield wanted.filter((listed) => !leavesOut([listed]));
  }
  if (matching === 0) throw nothingMatches(root, location, others, other);
}

async function findRoot(
  location: Location,
  defaultInclude: readonly string[] | undefined,
  storage: Storage,
): Promise<Root> {
  const singleFile = await storage.stat(location.path);
  if (singleFile !== undefined) return { folder: parentUri(location.path), singleFile, required: [] };
  const required = location.include === undefined ? [] : [location.include];
  if (await storage.isFolder(location.path)) {
    return {
      folder: location.path,
      required: required.length === 0 && defaultInclude !== undefined ? [defaultInclude] : required,
    };
  }
  const segments = location.path.split("/");
  const firstPattern = segments.findIndex((segment) => /[*?[{]/.test(segment));
  if (firstPattern > 0) {
    const folder = segments.slice(0, firstPattern).join("/") || "/";
    if (!(await storage.isFolder(folder))) throw await notFound(folder, storage);
    return { folder, required: [[segments.slice(firstPattern).join("/")], ...required] };
  }
  throw await notFound(location.path, storage);
}

function isWanted(relative: string, root: Root, exclude: readonly string[]): boolean {
  return root.required.every((patterns) => matchesAny(relative, patterns)) && !matchesAny(relative, exclude);
}

function matchesAny(relative: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => pattern === "**" || pattern === "**/*" || path.matchesGlob(relative, pattern));
}

async function notFound(uri: string, storage: Storage): Promise<PipelineError> {
  if (!storage.hasFolders) {
    const shown = shownUri(uri);
    return new PipelineError(
      "INPUT_NOT_FOUND",
      `the input ${JSON.stringify(shown)} does not exist: neither an object of this name nor any below it`,
      { details: { path: shown } },
    );
  }
  let parent = parentUri(uri);
  while (parent !== "/" && !(await storage.isFolder(parent))) parent = parentUri(parent);
  return new PipelineError(
    "INPUT_NOT_FOUND",
    `the input ${JSON.stringify(uri)} does not exist; the nearest folder that does is ${JSON.stringify(parent)}`,
    { details: { path: uri, nearestFolder: parent } },
  );
}

function nothingMatches(root: Root, location: Location, others: readonly string[], other: number): PipelineError {
  const wanted = root.required.map((patterns) => patterns.join(", ")).join(" and ") || "**/*";
  const excluded = location.exclude.length === 0 ? "" : ` (excluding ${location.exclude.join(", ")})`;
  const found =
    other === 0
      ? "the folder is empty (names that begin with a dot do not count)"
      : `${other} other ${other === 1 ? "file is" : "files are"} there, such as ${others.map((name) => JSON.stringify(name)).join(", ")}`;
  return new PipelineError(
    "INPUT_EMPTY",
    `no file below ${JSON.stringify(root.folder)} matches ${wanted}${excluded}: ${found}`,
    { details: { folder: root.folder, include: root.required, exclude: location.exclude, otherFiles: other } },
  );
}
