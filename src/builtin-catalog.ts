import type { Catalog } from "./contract/catalog.ts";

/** Every built-in component, by name. Adding one = its source, its test and its line here. */
export const builtinCatalog = {
  sources: {
    csv: async () => (await import("./sources/csv.ts")).csv,
    files: async () => (await import("./sources/files.ts")).files,
    jsonl: async () => (await import("./sources/jsonl.ts")).jsonl,
    parquet: async () => (await import("./sources/parquet.ts")).parquet,
    webdataset: async () => (await import("./sources/webdataset.ts")).webdataset,
  },
  operators: {
    "batch-module": async () => (await import("./operators/any/batch-module.ts")).batchModule,
    "convert-image": async () => (await import("./operators/image/convert-image.ts")).convertImage,
    "dedupe-exact": async () => (await import("./operators/any/dedupe-exact.ts")).dedupeExact,
    "extract-html": async () => (await import("./operators/text/extract-html.ts")).extractHtml,
    filter: async () => (await import("./operators/any/filter.ts")).filter,
    "filter-blur": async () => (await import("./operators/image/filter-blur.ts")).filterBlur,
    "filter-c4": async () => (await import("./operators/text/filter-c4.ts")).filterC4,
    "filter-exposure": async () => (await import("./operators/image/filter-exposure.ts")).filterExposure,
    "filter-fineweb": async () => (await import("./operators/text/filter-fineweb.ts")).filterFineweb,
    "filter-gopher-quality": async () =>
      (await import("./operators/text/filter-gopher-quality.ts")).filterGopherQuality,
    "filter-gopher-repetition": async () =>
      (await import("./operators/text/filter-gopher-repetition.ts")).filterGopherRepetition,
    "filter-image-aspect": async () => (await import("./operators/image/filter-image-aspect.ts")).filterImageAspect,
    "filter-image-size": async () => (await import("./operators/image/filter-image-size.ts")).filterImageSize,
    "filter-language": async () => (await import("./operators/text/filter-language.ts")).filterLanguage,
    "filter-text-length": async () => (await import("./operators/text/filter-text-length.ts")).filterTextLength,
    "filter-words": async () => (await import("./operators/text/filter-words.ts")).filterWords,
    "hash-image": async () => (await import("./operators/image/hash-image.ts")).hashImage,
    "map-module": async () => (await import("./operators/any/map-module.ts")).mapModule,
    "normalize-text": async () => (await import("./operators/text/normalize-text.ts")).normalizeTextOperator,
    "probe-media": async () => (await import("./operators/media/probe-media.ts")).probeMedia,
    "redact-pii": async () => (await import("./operators/text/redact-pii.ts")).redactPii,
    rename: async () => (await import("./operators/any/rename.ts")).rename,
    "resize-image": async () => (await import("./operators/image/resize-image.ts")).resizeImage,
    sample: async () => (await import("./operators/any/sample.ts")).sample,
    select: async () => (await import("./operators/any/select.ts")).select,
    "strip-metadata": async () => (await import("./operators/image/strip-metadata.ts")).stripMetadata,
  },
  sinks: {
    jsonl: async () => (await import("./sinks/jsonl.ts")).jsonl,
    null: async () => (await import("./sinks/null-sink.ts")).nullSink,
    parquet: async () => (await import("./sinks/parquet.ts")).parquet,
    webdataset: async () => (await import("./sinks/webdataset.ts")).webdataset,
  },
} satisfies Catalog;
