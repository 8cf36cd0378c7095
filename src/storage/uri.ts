import path from "node:path";
import { fileURLToPath } from "node:url";
import { PipelineError } from "../model/errors.ts";

const schemePattern = /^([a-z][a-z0-9+.-]+):\/\//i;

/** `file` for local paths, else the scheme in lower case. */
export function schemeOf(uri: string): string {
  return schemePattern.exec(uri)?.[1]?.toLowerCase() ?? "file";
}

/**
 * The URI of what a user typed: a path (relative to `base`), `file://…` or another scheme. Of `s3://…` everything behind
 * the scheme is the bucket and the key as they are: nothing in it is escaped, and only slashes at the end go.
 */
export function resolveUri(location: string, base: string): string {
  const scheme = schemePattern.exec(location)?.[1]?.toLowerCase();
  if (scheme === "file") return path.normalize(fileURLToPath(location));
  if (scheme === "s3") return `s3://${location.slice("s3://".length).replace(/\/+$/, "")}`;
  if (scheme !== undefined) return location;
  return path.resolve(base, location);
}

/**
 * The URI of `relative` below `folder`. Throws SAMPLE_UNSAFE_PATH when it would leave the folder:
 * names from data are data.
 */
export function joinUri(folder: string, relative: string): string {
  const parts = relative.split("/");
  if (
    parts.includes("..") ||
    relative.startsWith("/") ||
    relative.includes("\0") ||
    (path.sep === "\\" && relative.includes("\\"))
  ) {
    throw new PipelineError("SAMPLE_UNSAFE_PATH", `${JSON.stringify(relative)} points outside of ${folder}`, {
      details: { folder, name: relative },
    });
  }
  return `${folder.replace(/\/+$/, "")}/${relative}`;
}

/** The path of `uri` below `folder`, `/` between its segments; the query of a web address is no part of it. */
export function relativeUri(folder: string, uri: string): string {
  const prefix = `${folder.replace(/\/+$/, "")}/`;
  const name = withoutQuery(uri);
  return name.startsWith(prefix) ? name.slice(prefix.length) : uri;
}

/** The folder that a URI lies in: `/` and `s3:/` at the end of the way. */
export function parentUri(uri: string): string {
  const name = withoutQuery(uri).replace(/\/+$/, "");
  const end = name.lastIndexOf("/");
  return end <= 0 ? "/" : name.slice(0, end);
}

/** A web address without `?…` and `#…`, which say nothing about where it lies; any other URI as it is. */
export function withoutQuery(uri: string): string {
  return isWebAddress(uri) ? uri.replace(/[?#].*$/s, "") : uri;
}

/** A URI as messages and logs may show it: what a web address asks with can be a password or a signature. */
export function shownUri(uri: string): string {
  if (!isWebAddress(uri)) return uri;
  const bare = withoutQuery(uri).replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1…@");
  return uri.includes("?") ? `${bare}?…` : bare;
}

function isWebAddress(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}
