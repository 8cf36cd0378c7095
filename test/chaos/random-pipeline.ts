import { fileURLToPath } from "node:url";
import type { Json } from "../../src/model/json.ts";
import { Random } from "./random.ts";

/** Rounds with neighbouring seeds that share a pipeline and its input, and so its undisturbed run. */
const roundsPerPipeline = 8;

/** Long beside what the steps need and an accident stops, short enough to be waited for. */
export const sampleTimeoutText = "2s";

/** What the input consists of; `writeInput` makes it. */
export interface InputRecipe {
  readonly seed: number;
  readonly modality: "text" | "image";
  readonly source: "jsonl" | "csv" | "parquet" | "webdataset" | "files";
  /** Files, or shards; of the source `files` one a sample. */
  readonly files: number;
  readonly samplesPerFile: number;
  /** Share of records and images that cannot be read. */
  readonly brokenShare: number;
  readonly duplicateShare: number;
  /** The last file breaks off in the middle. */
  readonly isLastFileCut: boolean;
}

export interface RandomPipeline {
  readonly seed: number;
  readonly input: InputRecipe;
  /** Whether a step fails, crashes or hangs over some samples. */
  readonly hasMishaps: boolean;
  /** The pipeline file, but for `output`; the input is in `./input` beside it. */
  readonly document: { readonly [key: string]: Json };
}

/** The pipeline of a round. Pure. */
export function pipelineOf(roundSeed: number): RandomPipeline {
  const seed = Math.floor(roundSeed / roundsPerPipeline);
  const random = new Random("pipeline", seed);
  const modality = random.chance(0.6) ? "text" : "image";
  const input = randomInput(random, seed, modality);
  const steps = [...(modality === "text" ? textSteps(random, input.source) : imageSteps(random))];
  const hasMishaps = random.chance(0.25);
  if (hasMishaps) steps.splice(random.integer(0, steps.length), 0, mishaps(random, input));
  return {
    seed,
    input,
    hasMishaps,
    document: {
      source: { [input.source]: sourceOptions(random, input) },
      steps,
      sink: randomSink(random),
      seed: random.integer(0, 1000),
      run: {
        streaming: !random.chance(0.15),
        maxFailureRatio: 1,
        // A busy machine may hold up a sample for longer.
        ...(hasMishaps ? { sampleTimeout: sampleTimeoutText } : {}),
      },
    },
  };
}

function randomInput(random: Random, seed: number, modality: InputRecipe["modality"]): InputRecipe {
  const isText = modality === "text";
  const source = isText
    ? random.pick(["jsonl", "jsonl", "csv", "parquet", "webdataset", "files"])
    : random.pick(["files", "webdataset", "parquet"]);
  const samples = isText ? random.integer(300, 1500) : random.integer(30, 90);
  const files = source === "files" ? Math.min(samples, 250) : random.integer(2, 12);
  return {
    seed,
    modality,
    source,
    files,
    samplesPerFile: source === "files" ? 1 : Math.ceil(samples / files),
    brokenShare: random.pick([0, 0.02, 0.2]),
    duplicateShare: random.pick([0, 0.1, 0.5]),
    isLastFileCut: random.chance(0.3),
  };
}

/** Small splits: a run of a second or two then has tens of tasks and commits. */
function sourceOptions(random: Random, { source, modality }: InputRecipe): Json {
  const path = "./input";
  switch (source) {
    case "jsonl":
      return { path, splitBytes: random.pick([1_500, random.integer(4_000, 30_000)]) };
    case "parquet":
      return modality === "text"
        ? { path, splitBytes: random.integer(2_000, 20_000) }
        : { path, splitBytes: 30_000, mediaColumns: ["image"], textColumns: ["caption"] };
    case "files":
      return { path, splitSamples: random.integer(2, 12) };
    case "csv":
    case "webdataset":
      return { path };
  }
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A sample or three of them: each that ends its worker costs two starts of one, each that hangs two timeouts as well. */
function mishaps(random: Random, { files, samplesPerFile }: InputRecipe): Json {
  const ways = random.chance(0.25) ? ["spin", "hang"] : ["throw", "exit", "abort", "segfault"];
  const expected = ways.includes("hang") ? 1 : 3;
  const options = { seed: random.integer(0, 1_000_000), share: expected / (files * samplesPerFile), ways };
  return { "map-module": { module: fixture("operators/mishaps.ts"), options } };
}

function some(random: Random, most: number, steps: readonly Json[]): readonly Json[] {
  return random.shuffled(steps).slice(0, random.integer(1, most));
}

function textSteps(random: Random, source: InputRecipe["source"]): readonly Json[] {
  const modules: Json[] = [
    {
      "batch-module": { module: fixture("operator-modules/rank-titles.ts"), reads: ["title"], writes: ["titleLength"] },
    },
    {
      "map-module": {
        module: fixture("operator-modules/mark-long.ts"),
        reads: ["title"],
        writes: ["isLong", "dictionary"],
        dropReasons: ["blank"],
      },
    },
  ];
  return some(random, 5, [
    "normalize-text",
    "normalize-text",
    "dedupe-exact",
    "dedupe-exact",
    "redact-pii",
    { "filter-text-length": { minWords: random.integer(0, 12) } },
    { "filter-text-length": { maxWords: random.integer(20, 40), mode: "score" } },
    { sample: { fraction: random.pick([0.3, 0.9]) } },
    // Plain files have no titles.
    ...(source === "files" ? [] : modules),
  ]);
}

function imageSteps(random: Random): readonly Json[] {
  return some(random, 4, [
    {
      "resize-image": {
        sizePixels: random.integer(16, 96),
        mode: random.pick(["border", "keep_ratio", "center_crop"]),
      },
    },
    { "resize-image": { sizePixels: random.integer(16, 96), format: random.pick(["webp", "png"]) } },
    { "filter-image-size": { minShortestEdgePixels: random.integer(0, 60) } },
    "dedupe-exact",
    "hash-image",
    "strip-metadata",
    "normalize-text",
    { "convert-image": { format: "png" } },
    { sample: { fraction: 0.8 } },
  ]);
}

function randomSink(random: Random): Json {
  const limits = random.chance(0.7)
    ? { samplesPerShard: random.integer(3, 60) }
    : { shardBytes: random.integer(2_000, 100_000) };
  switch (random.pick(["jsonl", "webdataset", "parquet"])) {
    case "jsonl":
      return { jsonl: { ...limits, compression: random.pick(["none", "none", "gzip", "zstd"]) } };
    case "webdataset":
      return { webdataset: limits };
    case "parquet":
      return { parquet: { ...limits, rowGroupBytes: random.integer(2_000, 50_000) } };
  }
}
