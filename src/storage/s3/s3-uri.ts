import { PipelineError } from "../../model/errors.ts";

export interface S3Location {
  readonly bucket: string;
  /** As it is, not escaped; empty for the bucket itself. */
  readonly key: string;
}

/** Throws INVALID_OPTION when the URI names no bucket, or a key that S3 cannot hold. */
export function s3Location(uri: string): S3Location {
  const rest = uri.slice("s3://".length);
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const key = slash < 0 ? "" : rest.slice(slash + 1);
  const problem =
    bucket === ""
      ? "it names no bucket"
      : !/^[\w.-]+$/.test(bucket)
        ? "the name of a bucket has letters, digits, dots and dashes only"
        : !key.isWellFormed()
          ? "its key is no Unicode text"
          : undefined;
  if (problem === undefined) return { bucket, key };
  throw new PipelineError(
    "INVALID_OPTION",
    `${JSON.stringify(uri)} is no place on S3: ${problem}; expected s3://bucket/key`,
    {
      details: { uri },
    },
  );
}

/** What the names of everything below a folder begin with. */
export function folderPrefix(key: string): string {
  const name = key.replace(/\/+$/, "");
  return name === "" ? "" : `${name}/`;
}

/** Each segment percent-encoded as RFC 3986 has it, `/` between them. */
export function encodedKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
