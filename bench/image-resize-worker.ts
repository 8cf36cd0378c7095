import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesContent } from "../src/model/content.ts";
import { isMediaPart, type Sample } from "../src/model/sample.ts";
import { resizeImage } from "../src/operators/image/resize-image.ts";

// One of two processes: every second file, kept in memory, resized and encoded as often as the parent says.
const [folder = "", share = "0", quality = "80", sampleFile = ""] = process.argv.slice(2);
const files = readdirSync(folder)
  .sort()
  .filter((_file, index) => index % 2 === Number(share))
  .map((file) => readFileSync(join(folder, file)));

const options = resizeImage.options.parse({ mode: "keep_ratio", quality: Number(quality) });
const operator = await resizeImage.open(options, { signal: new AbortController().signal, seed: 0 });

async function resized(bytes: Uint8Array): Promise<Uint8Array> {
  const content = bytesContent(bytes);
  const sample: Sample = {
    id: "x",
    parts: [{ kind: "image", name: "image", mediaType: "image/jpeg", content }],
    attributes: {},
  };
  const outcome = await operator.apply(sample);
  const part = outcome.kind === "keep" ? outcome.sample.parts[0] : undefined;
  if (part === undefined || !isMediaPart(part)) throw new Error("expected a kept image");
  return part.content.bytes();
}

for (const bytes of files.slice(0, 10)) await resized(bytes);
const [first] = files;
if (sampleFile !== "" && first !== undefined) writeFileSync(sampleFile, await resized(first));

process.on("message", (passes) => {
  void run(Number(passes)).then((report) => process.send?.(report));
});
process.send?.("ready");

async function run(passes: number): Promise<{ images: number; cpuMilliseconds: number }> {
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) {
    for (const bytes of files) await resized(bytes);
  }
  const { user, system } = process.cpuUsage(before);
  return { images: passes * files.length, cpuMilliseconds: (user + system) / 1000 };
}
