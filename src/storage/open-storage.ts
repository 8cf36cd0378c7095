import { PipelineError } from "../model/errors.ts";
import { lazyStorage } from "./lazy-storage.ts";
import { localStorage } from "./local-storage.ts";
import type { Storage } from "./storage.ts";
import { schemeOf, shownUri } from "./uri.ts";

const s3Storage = lazyStorage(false, async () => {
  const { createS3Storage } = await import("./s3/s3-storage.ts");
  const { s3Settings } = await import("./s3/s3-settings.ts");
  return createS3Storage(s3Settings(process.env));
});

const httpStorage = lazyStorage(false, async () => {
  const { createHttpStorage } = await import("./http/http-storage.ts");
  const { httpSettings } = await import("./http/http-settings.ts");
  return createHttpStorage(httpSettings(process.env));
});

/** The storage that answers to a URI: one for all of its scheme, set up by the environment. Throws UNSUPPORTED_SCHEME. */
export function storageFor(uri: string): Storage {
  const scheme = schemeOf(uri);
  if (scheme === "file") return localStorage;
  if (scheme === "s3") return s3Storage;
  if (scheme === "http" || scheme === "https") return httpStorage;
  throw new PipelineError(
    "UNSUPPORTED_SCHEME",
    `no storage for ${JSON.stringify(`${scheme}://`)} in ${JSON.stringify(shownUri(uri))}: expected a local path, file://, s3://, http:// or https://`,
    {
      details: { scheme, uri: shownUri(uri) },
    },
  );
}
