import { readFileSync } from "node:fs";
import { packageFile } from "./package-files.ts";

/** The version of this package; reads package.json, so only who asks pays. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile("package.json"), "utf8"));
  if (typeof parsed === "object" && parsed !== null && "version" in parsed) return String(parsed.version);
  return "unknown";
}
