import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineSink, type Shard, type ShardDestination, type SinkWriter } from "../contract/sink.ts";
import { jsonl } from "../sinks/jsonl.ts";
import { nullSink } from "../sinks/null-sink.ts";
import { checkSink } from "./check-sink.ts";

type OpenWriter = (destination: ShardDestination) => Promise<SinkWriter>;

/** The jsonl sink with one thing changed. */
function brokenSink(breakIt: (writer: SinkWriter, destination: ShardDestination) => SinkWriter) {
  return defineSink({
    name: "broken",
    summary: "",
    options: z.strictObject({}),
    needsBytes: () => true,
    open: async () => {
      const opened = await jsonl.open(jsonl.options.parse({}));
      const openWriter: OpenWriter = async (destination) => breakIt(await opened.openWriter(destination), destination);
      return { ...opened, openWriter };
    },
  });
}

const committing = (change: (shards: readonly Shard[], destination: ShardDestination) => Promise<readonly Shard[]>) =>
  brokenSink((writer, destination) => ({ ...writer, commit: async () => change(await writer.commit(), destination) }));

test.each([
  ["sha256 is true", committing(async (shards) => shards.map((shard) => ({ ...shard, sha256: "0".repeat(64) })))],
  ["bytes are true", committing(async (shards) => shards.map((shard) => ({ ...shard, bytes: shard.bytes + 1 })))],
  [
    "count every sample",
    committing(async (shards) => shards.map((shard) => ({ ...shard, samples: shard.samples + 1 }))),
  ],
  ["at least one shard", committing(async () => [])],
  [
    "nothing but the shards is left",
    committing(async (shards, { uri }) => {
      await writeFile(path.join(uri, "left.tmp"), "");
      return shards;
    }),
  ],
  ["abort leaves nothing", brokenSink((writer) => ({ ...writer, abort: async () => undefined }))],
  [
    "the same samples give the same shards",
    brokenSink((writer, { attempt }) => ({
      ...writer,
      write: (samples) =>
        writer.write(samples.map((sample) => ({ ...sample, attributes: { ...sample.attributes, attempt } }))),
    })),
  ],
  [
    "no sample gives no shard",
    brokenSink((writer, { uri }) => {
      let count = 0;
      return {
        ...writer,
        write: (samples) => {
          count += samples.length;
          return writer.write(samples);
        },
        commit: async () => {
          if (count > 0) return writer.commit();
          await writeFile(path.join(uri, "empty.jsonl"), "");
          return [{ name: "empty.jsonl", storedAs: "empty.jsonl", bytes: 0, sha256: "", samples: 0 }];
        },
      };
    }),
  ],
])("names the broken rule: %s", async (rule, sink) => {
  await expect(checkSink(sink, { options: {} })).rejects.toThrow(rule);
});

test("a sink that writes nothing has to be declared", async () => {
  await expect(checkSink(nullSink, { options: {} })).rejects.toThrow("at least one shard");
  await expect(checkSink(jsonl, { options: {}, writesNothing: true })).rejects.toThrow("commits no shard");
});
