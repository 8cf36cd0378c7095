import { PipelineError } from "../model/errors.ts";
import { localStorage } from "./local-storage.ts";
import type { Storage } from "./storage.ts";
import { schemeOf } from "./uri.ts";

/** The storage that answers to a URI. Throws UNSUPPORTED_SCHEME. */
export function storageFor(uri: string): Storage {
  const scheme = schemeOf(uri);
  if (scheme === "file") return localStorage;
  throw new PipelineError(
    "UNSUPPORTED_SCHEME",
    `no storage for ${JSON.stringify(`${scheme}://`)} in ${JSON.stringify(uri)}: expected a local path or file://`,
    {
      details: { scheme, uri },
    },
  );
}
