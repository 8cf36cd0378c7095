import path from "node:path";
import { fileURLToPath } from "node:url";
import { PipelineError } from "../model/errors.ts";

const schemePattern = /^([a-z][a-z0-9+.-]+):\/\//i;

/** `file` for local paths, else the scheme in lower case. */
export function schemeOf(uri: string): string {
  return schemePattern.exec(uri)?.[1]?.toLowerCase() ?? "file";
}

/** The URI of what a user typed: a path (relative to `base`), `file://…` or another scheme, which stays as it is. */
export function resolveUri(location: string, base: string): string {
  const scheme = schemePattern.exec(location)?.[1]?.toLowerCase();
  if (scheme === "file") return path.normalize(fileURLToPath(location));
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

/** The path of `uri` below `folder`, `/` between its segments. */
export function relativeUri(folder: string, uri: string): string {
  const prefix = `${folder.replace(/\/+$/, "")}/`;
  return uri.startsWith(prefix) ? uri.slice(prefix.length) : uri;
}
