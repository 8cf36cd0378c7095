/**
 * A URI is an absolute local path, or `scheme://…`. `resolveUri` makes one of what a user typed;
 * everything behind it handles URIs only.
 */
export interface StoredObject {
  readonly uri: string;
  readonly bytes: number;
  /** Changes when the content does: etag, or size and mtime. */
  readonly version: string;
}

export interface ReadOptions {
  readonly range?: { readonly offset: number; readonly length: number };
  /** Rejects with INPUT_CHANGED when the object is another version. */
  readonly version?: string;
  readonly signal?: AbortSignal;
}

/** What is larger is worth a thread, and a promise: others are read meanwhile. */
export const mostBytesAtOnce = 512 * 1024;

/** The first `bytes` of an object of that version; undefined when they are to be had otherwise, or not at all. */
export type ReadAtOnce = (uri: string, version: string, bytes: number) => Uint8Array | undefined;

/** A new object that appears whole or not at all. */
export interface ObjectWriter {
  /** Resolves when there is room for more; does not keep `chunk`. */
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes written so far. */
  readonly bytes: number;
  /**
   * Makes the object durable under its URI, unless that is taken: then answers "exists", changes
   * nothing and stays open, so that `commitAs` can publish the same bytes under another URI.
   */
  commit(): Promise<"created" | "exists">;
  /**
   * Same, under another URI in the same folder. Rejects with a retryable STORAGE_FAILED where the storage cannot give
   * the bytes another name and somebody took the first one while they were written.
   */
  commitAs(uri: string): Promise<"created" | "exists">;
  /** Removes what was written. Safe after a commit, where it only tidies up. Never throws. */
  abort(): Promise<void>;
}

/**
 * Bytes behind the URIs of one scheme. Every rejection is a PipelineError: INPUT_NOT_FOUND when an
 * object that is read does not exist, INPUT_UNREADABLE when it may not be read, STORAGE_FULL,
 * OUTPUT_UNWRITABLE, STORAGE_FAILED (retryable when trying again can help).
 */
export interface Storage {
  /**
   * False where a folder is only what names begin with: it needs not be made, and what lies above it may belong to
   * others.
   */
  readonly hasFolders: boolean;
  /**
   * Every object below a folder URI, at any depth, ordered by code units of the path relative to it, in
   * bounded memory per folder. Symbolic links to files are followed, to folders are not (no cycles).
   * Nothing when the folder does not exist.
   */
  list(folder: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** The same in pieces, none of which is empty: for who lists millions, and does next to nothing with each. */
  listPages(folder: string, signal?: AbortSignal): AsyncIterable<readonly StoredObject[]>;
  /** Undefined when there is no object, and for a folder. */
  stat(uri: string): Promise<StoredObject | undefined>;
  isFolder(uri: string): Promise<boolean>;
  /** Bytes that can still be written at a URI, which need not exist; undefined where nobody knows. */
  freeBytes(uri: string): Promise<number | undefined>;
  /**
   * Gets ready what the first request would wait for: modules, credentials, where the server is. Never rejects: what is
   * wrong, that request tells.
   */
  connect?(uri: string): Promise<void>;
  read(uri: string, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * For many small objects below a folder: reads without a promise, where that cannot make the thread wait for long.
   * What goes wrong is not told: who gets no bytes asks `read`.
   */
  readAtOnce?(folder: string): Promise<ReadAtOnce | undefined>;
  /** Chunks of at most 1 MiB in order; each is the receiver's to keep. */
  stream(uri: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** Begins an object. `scope` keeps temporary names of several writers apart. */
  create(uri: string, scope: string): Promise<ObjectWriter>;
  /** Atomic and durable; false when the URI is taken, in which case nothing changed. */
  putIfAbsent(uri: string, bytes: Uint8Array): Promise<boolean>;
  /** Creates or replaces: readers see the old bytes or the new, never a mixture. Durable when it resolves. */
  put(uri: string, bytes: Uint8Array): Promise<void>;
  /**
   * Renames, replacing what is at `to`. Durable when it resolves. Interrupted, it has happened, or it has not, or
   * the object has both names; doing it again ends it.
   */
  move(from: string, to: string): Promise<void>;
  /** Removes an object; fine when there is none. */
  remove(uri: string): Promise<void>;
  /**
   * Removes what killed writers left unfinished in a folder and, unless hidden, in those below it. A writer
   * that is still alive loses what it wrote and fails to commit: for when no other is expected.
   */
  removeTemporary(folder: string): Promise<void>;
}
