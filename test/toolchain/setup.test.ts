import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { whyInstall } from "../../scripts/setup.mjs";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const zod = { version: "4.0.0", integrity: "sha512-a" };
const other = { version: "1.0.0", integrity: "sha512-b", optional: true };

/** A clone whose lock file wants zod and, on another platform, one more package. */
function clone(installed: object | undefined, manifest: object = { dependencies: { zod: "4.0.0" } }): string {
  const folder = mkdtempSync(path.join(tmpdir(), "setup-"));
  folders.push(folder);
  const write = (file: string, content: object) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), JSON.stringify(content));
  };
  const root = { dependencies: { zod: "4.0.0" } };
  write("package.json", manifest);
  write("package-lock.json", { packages: { "": root, "node_modules/zod": zod, "node_modules/other": other } });
  write("node_modules/node/bin/node", {});
  if (installed !== undefined) write("node_modules/.package-lock.json", { packages: installed });
  return folder;
}

test("a fresh clone is installed", () => {
  expect(whyInstall(clone(undefined))).toBe("nothing is installed yet");
});

test("what the lock file says is left alone, with or without packages of other platforms", () => {
  expect(whyInstall(clone({ "node_modules/zod": zod }))).toBeUndefined();
  expect(whyInstall(clone({ "node_modules/zod": zod, "node_modules/other": other }))).toBeUndefined();
});

test("another version, other bytes or a missing package are installed anew", () => {
  const reason = "node_modules/zod changed";
  expect(whyInstall(clone({ "node_modules/zod": { ...zod, version: "4.0.1" } }))).toBe(reason);
  expect(whyInstall(clone({ "node_modules/zod": { ...zod, integrity: "sha512-c" } }))).toBe(reason);
  expect(whyInstall(clone({}))).toBe(reason);
});

test("a dependency that package.json wants otherwise is installed anew", () => {
  const manifest = { dependencies: { zod: "4.0.1" } };
  expect(whyInstall(clone({ "node_modules/zod": zod }, manifest))).toBe("dependencies in package.json changed");
});

test("a missing Node is installed anew", () => {
  const folder = clone({ "node_modules/zod": zod });
  rmSync(path.join(folder, "node_modules/node"), { recursive: true });
  expect(whyInstall(folder)).toBe("the pinned Node is missing");
});
