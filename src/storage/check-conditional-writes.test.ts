import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PipelineError } from "../model/errors.ts";
import { checkConditionalWrites, folderToProve } from "./check-conditional-writes.ts";
import { localStorage } from "./local-storage.ts";
import type { Storage } from "./storage.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "conditional-writes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Storages that do not keep the contract of `putIfAbsent`, each in its own way. */
const liars: { readonly [how: string]: Storage } = {
  "replaces and says so": {
    ...localStorage,
    putIfAbsent: async (uri, bytes) => {
      await writeFile(uri, bytes);
      return true;
    },
  },
  "replaces and denies it": {
    ...localStorage,
    putIfAbsent: async (uri, bytes) => {
      const isTaken = (await localStorage.stat(uri)) !== undefined;
      await writeFile(uri, bytes);
      return !isTaken;
    },
  },
  "refuses the second, but promises it": {
    ...localStorage,
    putIfAbsent: async (uri, bytes) => (await localStorage.putIfAbsent(uri, bytes)) || true,
  },
};

describe("checkConditionalWrites", () => {
  test("accepts a storage that lets one writer win, and leaves nothing behind", async () => {
    await checkConditionalWrites(localStorage, folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(Object.keys(liars))("refuses a storage that %s, and leaves nothing behind", async (how) => {
    const liar = liars[how] ?? localStorage;
    await expect(checkConditionalWrites(liar, folder)).rejects.toMatchObject({
      code: "CONDITIONAL_WRITES_IGNORED",
      message: expect.stringContaining(folder),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("keeps the code of a storage that cannot be written, and names the folder", async () => {
    const full: Storage = {
      ...localStorage,
      putIfAbsent: async () => {
        throw new PipelineError("STORAGE_FULL", "no space left");
      },
    };
    await expect(checkConditionalWrites(full, folder)).rejects.toMatchObject({
      code: "STORAGE_FULL",
      message: `${JSON.stringify(folder)} cannot be written: no space left`,
    });
  });
});

describe("folderToProve", () => {
  test("is the folder itself, or the nearest above it that exists", async () => {
    expect(await folderToProve(localStorage, folder)).toBe(folder);
    expect(await folderToProve(localStorage, `${folder}/a/b/c`)).toBe(folder);
    expect(await folderToProve(localStorage, "/no-such-folder/a")).toBe("/");
  });

  test("refuses a folder that a file is in the way of", async () => {
    writeFileSync(`${folder}/file`, "");
    await expect(folderToProve(localStorage, `${folder}/file/out`)).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      message: expect.stringContaining(`${folder}/file" is a file`),
    });
  });

  test("is the folder itself where storage knows no folders", async () => {
    const flat: Storage = { ...localStorage, hasFolders: false };
    expect(await folderToProve(flat, "/no-such-folder/a")).toBe("/no-such-folder/a");
  });
});

describe("freeBytes", () => {
  test("is what the file system that holds the path has left, whether or not the path exists", async () => {
    const free = await localStorage.freeBytes(folder);
    expect(free).toBeGreaterThan(0);
    expect(await localStorage.freeBytes(`${folder}/a/b`)).toBeGreaterThan(0);
  });
});
