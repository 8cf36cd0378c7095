import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";
import { z } from "zod";

/** The machine in words. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB memory, ${process.platform} ${process.arch}`;
}

/** Versions of what our own side is made of. */
export function ownVersions(): Readonly<Record<string, string>> {
  const root = path.join(import.meta.dirname, "../..");
  const manifest = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) });
  const { version, dependencies } = manifest.parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));
  return {
    "multimodal-pipeline": `${version} at ${commit(root)}`,
    node: process.version,
    sharp: dependencies["sharp"] ?? "none",
  };
}

function commit(root: string): string {
  try {
    const name = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
    // The results of the workloads before this one are no change of what is measured.
    const measured = [".", ":!bench/results"];
    const changed = execFileSync("git", ["status", "--porcelain", "--untracked-files=no", "--", ...measured], {
      cwd: root,
    });
    return changed.byteLength === 0 ? name : `${name} with changes`;
  } catch {
    return "no commit";
  }
}
