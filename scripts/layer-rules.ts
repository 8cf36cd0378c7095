/**
 * Who may import whom inside src/. Change this table to change the architecture, and docs/architecture.md with it.
 *
 * `order` lists the units (a folder of src/, or a file that lies in src/ itself) from the ground up; units in one
 * row are siblings. `imports` lists the edges that exist. An edge must point to an earlier row, and an edge that no
 * file uses any more is an error too: the table is the architecture as it is, not as it could be.
 */
export interface LayerRules {
  readonly order: readonly (readonly string[])[];
  /** Units that every later row may import without an entry in `imports`. */
  readonly everywhere: readonly string[];
  readonly imports: { readonly [unit: string]: readonly string[] };
  /** Imported with `await import()` inside `open()` only: loading them at start-up would cost every run. */
  readonly lazyPackages: readonly string[];
  /**
   * Folders of src/ that others import with `await import()` only, and the lazy packages that their files may
   * therefore import at the top level.
   */
  readonly lazyFolders: { readonly [folder: string]: readonly string[] };
  /** Words that say nothing: forbidden in names of files and of exports. */
  readonly emptyWords: readonly string[];
}

export const layerRules: LayerRules = {
  order: [
    ["model"],
    ["contract"],
    ["storage", "media", "kernels", "gpu"],
    ["sources", "operators", "sinks", "plan", "ledger", "telemetry"],
    ["worker", "coordinator", "testing"],
    ["executors"],
    ["server"],
    ["builtin-catalog.ts", "testing.ts"],
    ["pipeline-builder.ts"],
    ["cli"],
    ["run-pipeline.ts"],
    ["index.ts"],
  ],
  everywhere: ["model", "contract"],
  imports: {
    sources: ["storage", "media"],
    operators: ["media", "kernels"],
    sinks: ["storage"],
    plan: ["storage"],
    ledger: ["storage"],
    telemetry: ["gpu"],
    worker: ["storage", "media"],
    coordinator: ["storage", "plan", "ledger"],
    testing: ["storage", "ledger"],
    executors: ["storage", "worker"],
    server: ["storage", "gpu", "telemetry", "worker"],
    "builtin-catalog.ts": ["sources", "operators", "sinks"],
    "testing.ts": ["testing"],
    "pipeline-builder.ts": ["plan", "builtin-catalog.ts"],
    cli: [
      "storage",
      "gpu",
      "sources",
      "plan",
      "ledger",
      "telemetry",
      "worker",
      "coordinator",
      "executors",
      "server",
      "builtin-catalog.ts",
    ],
    "run-pipeline.ts": ["plan", "coordinator", "executors", "builtin-catalog.ts", "pipeline-builder.ts", "cli"],
    "index.ts": ["plan", "builtin-catalog.ts", "pipeline-builder.ts", "run-pipeline.ts"],
  },
  lazyPackages: [
    "@aws-sdk/client-s3",
    "@julusian/jpeg-turbo",
    "@mozilla/readability",
    "@peculiar/x509",
    "eld",
    "hyparquet",
    "hyparquet-compressors",
    "hyparquet-writer",
    "linkedom",
    "mediabunny",
    "reflect-metadata",
    "sharp",
    "undici",
  ],
  lazyFolders: {
    "storage/http": ["undici"],
    "storage/s3": ["@aws-sdk/client-s3", "undici"],
    "executors/ray": ["@peculiar/x509", "reflect-metadata", "undici"],
  },
  emptyWords: ["utils", "util", "helpers", "helper", "manager", "service", "handler", "common", "misc"],
};
