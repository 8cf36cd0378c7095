// Samples that are in memory through the `webdataset` sink, until the shards are durable. Arguments: folder, samples,
// bytes of an image. bench/peers/write_from_memory.py writes the same.
import { createHash } from "node:crypto";
import type { EncodedSample } from "../../src/contract/sink.ts";
import { webdataset } from "../../src/sinks/webdataset.ts";

const [folder = "", count = "0", bytes = "0"] = process.argv.slice(2);
/** Their bytes do not compress; what Python makes of the same seeds is equal. */
const images = Array.from({ length: 64 }, (_, index) =>
  createHash("shake256", { outputLength: Number(bytes) })
    .update(`image ${index}`)
    .digest(),
);

function sample(index: number): EncodedSample {
  const content = images[index % images.length] ?? Buffer.alloc(0);
  return {
    id: `photos/${index}.jpg`,
    key: String(index).padStart(12, "0"),
    parts: [{ kind: "image", name: "image", mediaType: "image/jpeg", bytes: content }],
    attributes: { width: 640 },
  };
}

const started = performance.now();
const opened = await webdataset.open(webdataset.options.parse({}));
const writer = await opened.openWriter({ uri: folder, split: 0, attempt: "bench" });
for (let at = 0; at < Number(count); at += 64) {
  const length = Math.min(64, Number(count) - at);
  await writer.write(Array.from({ length }, (_, index) => sample(at + index)));
}
const written = performance.now();
await writer.commit();
const figures = { "samples/s until written": Number(count) / ((written - started) / 1000) };
const workSeconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ items: Number(count), workSeconds, figures })}\n`);
