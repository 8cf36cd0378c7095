import { test } from "vitest";
import { checkSink } from "../testing/check-sink.ts";
import { jsonl } from "./jsonl.ts";
import { nullSink } from "./null-sink.ts";
import { parquet } from "./parquet.ts";
import { webdataset } from "./webdataset.ts";

const many = { samplesPerShard: 30 };
const small = { shardBytes: "60KiB" };

test.each([{}, many, small, { ...many, ...small }])("webdataset keeps the contract with %j", (options) =>
  checkSink(webdataset, { options }),
);

test.each([
  {},
  many,
  small,
  { compression: "gzip" as const, ...small },
  { compression: "zstd" as const, ...small },
  { compression: "zstd" as const, ...many },
  { media: "reference" as const },
])("jsonl keeps the contract with %j", (options) => checkSink(jsonl, { options }));

test.each([
  {},
  many,
  small,
  { media: "reference" as const },
  { rowGroupBytes: "10KiB", ...small },
  { attributeColumns: { width: "int64", score: "double", labels: ["string"], box: { x: "double" } } as const },
])("parquet keeps the contract with %j", (options) => checkSink(parquet, { options }));

test.each([{}, { readMedia: false }])("null keeps the contract with %j", (options) =>
  checkSink(nullSink, { options, writesNothing: true }),
);
