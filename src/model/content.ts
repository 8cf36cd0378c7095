/** Where bytes lie that were not made by the run itself: enough to read them again. */
export interface ContentReference {
  readonly uri: string;
  /** First byte and number of bytes inside the object at `uri`; absent = the whole object. */
  readonly range?: { readonly offset: number; readonly length: number };
}

/**
 * The encoded bytes of a part, read or made on demand.
 *
 * Immutable: `bytes()` gives the same bytes at every call, and nobody writes into them.
 * An implementation may hold more than bytes (decoded pixels, say); whoever knows the
 * implementation asks it, everybody else asks for bytes.
 */
export interface Content {
  /** Reads or encodes at the first call, then answers from memory. Rejects with a PipelineError. */
  bytes(): Promise<Uint8Array>;
  /** The bytes when they are in memory already: spares hot loops a promise. */
  peek(): Uint8Array | undefined;
  /** Number of encoded bytes, when known without reading or encoding. */
  readonly byteLength?: number;
  /** Set while the content is still what the input held. */
  readonly reference?: ContentReference;
}

/** Content that is in memory already. */
export function bytesContent(bytes: Uint8Array, reference?: ContentReference): Content {
  return {
    bytes: () => Promise.resolve(bytes),
    peek: () => bytes,
    byteLength: bytes.byteLength,
    ...(reference === undefined ? {} : { reference }),
  };
}

/** Content that `read` fetches once, at the first call of `bytes()`; a failed read is tried again by the next call. */
export function lazyContent(
  read: () => Promise<Uint8Array>,
  known: { readonly byteLength?: number; readonly reference?: ContentReference } = {},
): Content {
  let held: Uint8Array | undefined;
  let reading: Promise<Uint8Array> | undefined;
  return {
    bytes: () => {
      reading ??= read().then(
        (bytes) => {
          held = bytes;
          return bytes;
        },
        (error: unknown) => {
          reading = undefined;
          throw error;
        },
      );
      return reading;
    },
    peek: () => held,
    ...known,
  };
}
