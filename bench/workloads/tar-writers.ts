import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { peerSide, programSide } from "../harness/reporting-side.ts";
import { readTarSamples } from "../harness/tar-outputs.ts";
import type { SizeName, Verdict, Workload } from "../harness/workload.ts";

const counts: { readonly [size in SizeName]: number } = { small: 3000, full: 20_000 };
const imageBytes = 100_000;
const program = path.join(import.meta.dirname, "../parts/write-tar.ts");

/** Every image is the one that its number asks for. */
async function checkTars(folder: string, count: number): Promise<Verdict> {
  const digest = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest();
  const expected = new Set(
    Array.from({ length: 64 }, (_, index) =>
      digest(createHash("shake256", { outputLength: imageBytes }).update(`image ${index}`).digest()).toString("hex"),
    ),
  );
  const samples = await readTarSamples(folder, digest);
  const known = [...samples.values()].filter(({ image = new Uint8Array() }) =>
    expected.has(Buffer.from(image).toString("hex")),
  );
  return { isEqual: known.length === count, said: `${known.length} of ${count} images, byte for byte` };
}

export const w11w: Workload = {
  id: "W11w",
  title: "the writers by themselves: samples of 100 KB in memory -> WebDataset tar",
  unit: "samples",
  environments: ["media", "streaming"],
  prepare({ size, folder }) {
    const count = counts[size];
    const output = path.join(folder, "ours");
    const peers = (
      [
        ["ShardWriter", "webdataset", "plain", "media", "documented"],
        ["ShardWriter, then SHA-256", "webdataset", "hashed", "media", "expert"],
        ["MDSWriter", "mds", "plain", "streaming", "documented"],
        ["MDSWriter with SHA-256", "mds", "hashed", "streaming", "expert"],
      ] as const
    ).map(([name, writer, hashed, from, kind], index) => {
      const theirs = path.join(folder, `peer-${index}`);
      return peerSide({
        name,
        kind,
        from,
        script: "write_from_memory.py",
        args: [writer, hashed, theirs, String(count), String(imageBytes)],
        ...(writer === "webdataset" ? { check: () => checkTars(theirs, count) } : {}),
      });
    });
    return Promise.resolve({
      input: `${count} samples of one image of ${imageBytes} bytes and a small JSON`,
      sides: [
        programSide({
          name: "webdataset sink",
          kind: "ours",
          note: "one process; hashed, and synced to the disk at the end",
          program: process.execPath,
          args: [program, output, String(count), String(imageBytes)],
          clear() {
            rmSync(output, { recursive: true, force: true });
            mkdirSync(output);
          },
          check: () => checkTars(output, count),
        }),
        ...peers,
      ],
      goals: [{ kind: "ratio", of: "time", against: "ShardWriter", atLeast: 2 }],
    });
  },
};
