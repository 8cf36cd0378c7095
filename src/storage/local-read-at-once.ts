import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { pathOnDisk } from "./file-name-bytes.ts";
import { localDevice } from "./local-device.ts";
import { versionOf } from "./local-version.ts";
import { mostBytesAtOnce, type ReadAtOnce } from "./storage.ts";
import { SwiftCalls } from "./swift-calls.ts";

/** Of a link nobody knows where it leads; opening a pipe that has no writer would wait for ever. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads small files below a folder on the calling thread; undefined where that might wait for a network. Each of the
 * four calls that a file takes costs a visit of the thread pool otherwise: half of what carrying a small file through a
 * pipeline costs.
 *
 * It never rejects and never says what is wrong with a file: whoever gets no bytes asks `Storage.read`, so that an
 * error is one and the same however files were read before.
 */
export async function localReadAtOnce(folder: string): Promise<ReadAtOnce | undefined> {
  const device = await localDevice(folder);
  if (device === undefined) return undefined;
  const swift = new SwiftCalls();
  return (uri, version, bytes) => {
    if (bytes > mostBytesAtOnce || !swift.isNext()) return undefined;
    const started = performance.now();
    const read = readNow(uri, version, bytes, device);
    swift.took(performance.now() - started);
    return read;
  };
}

function readNow(uri: string, version: string, length: number, device: bigint): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(pathOnDisk(uri), flags);
    const found = fstatSync(file, { bigint: true });
    if (!isExpected(found, version, length, device)) return undefined;
    // Outside of Node's shared pool: what is kept of the file keeps nothing else alive.
    const bytes = Buffer.allocUnsafeSlow(length);
    return readSync(file, bytes, 0, length, 0) === length ? bytes : undefined;
  } catch {
    // `Storage.read` meets the same, and says it.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function isExpected(found: BigIntStats, version: string, length: number, device: bigint): boolean {
  return found.isFile() && found.dev === device && found.size >= length && versionOf(found) === version;
}
