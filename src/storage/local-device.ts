import { stat, statfs } from "node:fs/promises";
import { pathOnDisk } from "./file-name-bytes.ts";

/** What statfs(2) of Linux calls file systems that never ask a network or another process. */
const localFileSystems = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
  0x794c7630, // overlay, as containers have it
]);

/** The device that a folder lies on, when that is a disk or memory of this machine. */
export async function localDevice(folder: string): Promise<bigint | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const place = pathOnDisk(folder);
    if (!localFileSystems.has((await statfs(place)).type)) return undefined;
    return (await stat(place, { bigint: true })).dev;
  } catch {
    // Whatever is wrong with the folder, listing it or reading in it says.
    return undefined;
  }
}
