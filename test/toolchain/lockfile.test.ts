import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { lockSchema, missingEntries } from "../../scripts/complete-lockfile.ts";

const names = z.record(z.string(), z.string());
const manifestSchema = z.object({ dependencies: names, devDependencies: names, scripts: names });
const root = new URL("../../", import.meta.url);
const manifest = manifestSchema.parse(JSON.parse(readFileSync(new URL("package.json", root), "utf8")));
const lock = lockSchema.parse(JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8")));

test("every direct dependency is pinned to one version", () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

test("the lock file names no registry and gives every package a version", () => {
  const packages = Object.entries(lock.packages).filter(([location]) => location !== "");
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  expect(packages.filter(([, entry]) => entry.version === undefined)).toEqual([]);
});

test("the lock file describes the packages of other platforms, without which `npm ci` refuses it", () => {
  expect(missingEntries(lock.packages)).toEqual([]);
});

test("a platform package without an entry gets the one that npm would have written", () => {
  const [added] = missingEntries({
    "node_modules/tool": {
      dev: true,
      optionalDependencies: { "@tool/linux-x64-musl": "1.2.3", "@tool/here": "1.2.3" },
    },
    "node_modules/tool/node_modules/@tool/here": { version: "1.2.3" },
  });
  expect(added).toEqual([
    "node_modules/@tool/linux-x64-musl",
    { version: "1.2.3", cpu: ["x64"], dev: true, libc: ["musl"], optional: true, os: ["linux"] },
  ]);
});
