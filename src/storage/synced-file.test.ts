import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SyncedFile } from "./synced-file.ts";

async function newFile() {
  const folder = await mkdtemp(path.join(tmpdir(), "synced-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = path.join(folder, "file");
  return { place, handle: await open(place, "wx") };
}

const piece = Buffer.alloc(3 * 2 ** 20, "x");

test("what is written while the disk is busy with the rest is in the file, in order", async () => {
  const { place, handle } = await newFile();
  const file = new SyncedFile(handle);
  for (let fill = 0; fill < 6; fill++) await file.write(piece.fill(fill));
  await file.sync();
  expect(file.bytes).toBe(6 * piece.byteLength);
  await file.close();
  await file.close();
  const written = await readFile(place);
  for (let fill = 0; fill < 6; fill++) expect(written.indexOf(fill)).toBe(fill * piece.byteLength);
});

test("a disk that failed on the way fails the sync at the end, though it would succeed by then", async () => {
  const { handle } = await newFile();
  // As Linux does it: the error of a page that could not be written is told to each open file once.
  handle.datasync = () => Promise.reject(new Error("EIO: i/o error, fdatasync"));
  const file = new SyncedFile(handle);
  await file.write(piece);
  await file.write(piece);
  await expect(file.sync()).rejects.toThrow("EIO");
  await expect(file.sync()).rejects.toThrow("EIO");
  await file.close();
});
