import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { text as readText } from "node:stream/consumers";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import type { EncodedSample } from "../../src/contract/sink.ts";
import { webdataset } from "../../src/sinks/webdataset.ts";
import { hostileNames, hostileSamples, plainSamples } from "../../src/testing/sink-samples.ts";
import { missingPython, pythonJson, writeShards } from "../fixtures/write-shards.ts";

const jpeg = { kind: "image", mediaType: "image/jpeg" } as const;
const plain = { kind: "text", mediaType: "text/plain" } as const;

const example: EncodedSample = {
  id: "a/ä.jpg",
  key: "000012000007",
  parts: [
    { ...jpeg, name: "image", bytes: Buffer.from("JPEG") },
    { ...plain, name: "caption", text: "Grüße" },
    { ...jpeg, name: "Front Camera", bytes: Buffer.from("F") },
    { kind: "embedding", name: "embedding", values: Float32Array.of(1, -2.5) },
    { kind: "text", mediaType: "application/json", name: "text", text: "{}" },
  ],
  attributes: { width: 4, tags: ["x"] },
};

async function members(file: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const entry of createReadStream(file).pipe(extract())) {
    found.push([entry.header.name, await readText(entry)]);
  }
  return found;
}

test("members stand together, sorted, under the sample's key", async () => {
  const { files, shards } = await writeShards(webdataset, {}, [example]);
  expect(shards.map(({ name }) => name)).toEqual(["shard-000012-0000.tar"]);
  const found = await members(files[0] ?? "");
  expect(found.map(([name]) => name)).toEqual([
    "000012000007.front_camera.jpg",
    "000012000007.jpg",
    "000012000007.json",
    "000012000007.npy",
    "000012000007.text.json",
    "000012000007.txt",
  ]);
  expect(found[1]?.[1]).toBe("JPEG");
  expect(found[5]?.[1]).toBe("Grüße");
  expect(JSON.parse(found[2]?.[1] ?? "")).toEqual({
    id: "a/ä.jpg",
    attributes: { width: 4, tags: ["x"] },
    parts: [
      { name: "image", kind: "image", mediaType: "image/jpeg", member: "jpg" },
      { name: "caption", kind: "text", mediaType: "text/plain", member: "txt" },
      { name: "Front Camera", kind: "image", mediaType: "image/jpeg", member: "front_camera.jpg" },
      { name: "embedding", kind: "embedding", member: "npy" },
      { name: "text", kind: "text", mediaType: "application/json", member: "text.json" },
    ],
  });
});

test("every member name is legal, short and unique, whatever parts are called", async () => {
  const { files } = await writeShards(webdataset, {}, hostileSamples(true));
  const names = (await members(files[0] ?? "")).map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^\d{14}\.([a-z0-9_-]{1,60}\.)?[a-z0-9]{1,8}$/);
  expect(names.filter((name) => name.startsWith("00000300000100."))).toHaveLength(hostileNames.length + 1);
});

test("shards end where a limit says, and a larger sample stands alone", async () => {
  const sized = (i: number, bytes: number): EncodedSample => ({
    id: `${i}`,
    key: `00001200000${i}`,
    parts: [{ ...jpeg, name: "image", bytes: Buffer.alloc(bytes) }],
    attributes: {},
  });
  const sizes = [1000, 1000, 1000, 9000, 1000, 1000];
  const samples = sizes.map((bytes, i) => sized(i, bytes));
  // One sample of 1000 bytes takes 512 + 1024 and its JSON 512 + 512; the end takes 1024.
  const bySize = await writeShards(webdataset, { shardBytes: 2 * 2560 + 1024 }, samples);
  expect(bySize.shards.map(({ samples, bytes }) => [samples, bytes])).toEqual([
    [2, 6144],
    [1, 3584],
    [1, 11776],
    [2, 6144],
  ]);
  const byCount = await writeShards(webdataset, { samplesPerShard: 4 }, samples);
  expect(byCount.shards.map(({ samples }) => samples)).toEqual([4, 2]);
  expect(byCount.shards.map(({ name }) => name)).toEqual(["shard-000012-0000.tar", "shard-000012-0001.tar"]);
});

test("the bytes of a shard are these, at every version", async () => {
  const { files } = await writeShards(webdataset, {}, [example]);
  const archive = readFileSync(files[0] ?? "");
  expect(archive.subarray(-1024).every((byte) => byte === 0)).toBe(true);
  expect(archive.subarray(0, 30).toString("latin1")).toBe("000012000007.front_camera.jpg\0");
  expect(archive.subarray(100, 157).toString("latin1")).toMatch(
    /^0000644\0{1}0000000\0{1}0000000\0{1}00000000001\0{1}00000000000\0{1}0\d{5}\0 0$/,
  );
  expect(archive.subarray(257, 265).toString("latin1")).toBe("ustar\x0000");
});

test("GNU tar reads and writes the same members", async () => {
  const { files } = await writeShards(webdataset, {}, [example]);
  const listing = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", files[0] ?? ""], { encoding: "utf8" });
  expect(listing.split("\n")[1]).toMatch(/^-rw-r--r-- 0\/0 +4 1970-01-01 00:00 000012000007\.jpg$/);
  expect(execFileSync("tar", ["-xOf", files[0] ?? "", "000012000007.txt"], { encoding: "utf8" })).toBe("Grüße");
});

const noTarfile = missingPython("tarfile");
test.skipIf(noTarfile)(`Python's tarfile reads every member${noTarfile ? `: ${noTarfile}` : ""}`, async () => {
  const samples = plainSamples(60, true);
  const { files } = await writeShards(webdataset, {}, samples);
  const program = `
import sys, json, tarfile, hashlib
with tarfile.open(sys.argv[1], "r:", errorlevel=2) as archive:
    print(json.dumps({m.name: hashlib.sha256(archive.extractfile(m).read()).hexdigest() for m in archive if m.isreg()}))`;
  const expected = samples.flatMap(({ key, parts }) =>
    parts.flatMap((part) =>
      part.kind === "image"
        ? [
            [
              `${key}.jpg`,
              createHash("sha256")
                .update(part.bytes ?? "")
                .digest("hex"),
            ],
          ]
        : [],
    ),
  );
  expect(pythonJson(program, files)).toMatchObject(Object.fromEntries(expected));
});

const noWebdataset = missingPython("webdataset", "numpy");
test.skipIf(noWebdataset)(
  `the webdataset library reads every sample${noWebdataset ? `: ${noWebdataset}` : ""}`,
  async () => {
    const samples = plainSamples(60, true);
    const { files } = await writeShards(webdataset, {}, samples);
    const program = `
import sys, json, webdataset as wds
rows = []
for s in wds.WebDataset(sys.argv[1], shardshuffle=False).decode():
    rows.append([s["__key__"], s["json"]["id"], s.get("txt"), s["npy"].tolist() if "npy" in s else None, len(s.get("jpg", b""))])
print(json.dumps(rows))`;
    const undecoded = program.replace(".decode()", '.decode(only=["json", "txt", "npy"])');
    expect(pythonJson(undecoded, files)).toEqual(
      samples.map(({ key, id, parts }) => {
        const [text, image, embedding] = parts;
        return [
          key,
          id,
          text?.kind === "text" ? text.text : null,
          embedding?.kind === "embedding" ? Array.from(embedding.values) : null,
          image?.kind === "image" ? image.bytes?.byteLength : 0,
        ];
      }),
    );
  },
);
