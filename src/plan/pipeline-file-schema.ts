import { z } from "zod";
import { byteSize, duration } from "../contract/units.ts";

const smallestMemoryBudget = 2 ** 20;
const patience = duration.refine((seconds) => seconds >= 0.1, "expected at least 100ms");
const workersExpected = 'expected "auto", a whole number of at least 1, or a range such as "2-32"';
const wholeWorkers = z.int({ error: workersExpected }).min(1, workersExpected).max(100_000, workersExpected);
const workerRange = z
  .string({ error: workersExpected })
  .regex(/^\d+-\d+$/, workersExpected)
  .transform((range) => ({ min: Number(range.split("-")[0]), max: Number(range.split("-")[1]) }))
  .pipe(z.strictObject({ min: wholeWorkers, max: wholeWorkers }))
  .refine(({ min, max }) => min <= max, workersExpected);
const shareExpected = "expected at most 1, or a whole number: a worker shares one GPU, or has several for itself";
const memoryExpected = 'expected "auto" or a size of at least 1MiB such as "512MiB"';

/** The section `run.checkpoints` of a pipeline file. */
export const checkpointOptionsSchema = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the checkpoints. Default: `.checkpoints` in the output folder."),
  keep: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe("Checkpoints that stay as places to go back to; older ones are folded into a snapshot."),
});

const resourceFields = {
  cpus: z.number().positive().max(1024).describe("Cores that a worker takes; a fraction where it mostly waits."),
  gpus: z
    .number()
    .min(0)
    .max(64)
    .refine((gpus) => gpus <= 1 || Number.isInteger(gpus), shareExpected)
    .describe("GPUs that a worker takes; a fraction shares one among several workers."),
  memory: byteSize.describe("Memory that a worker takes, such as `4GiB`. 0: what comes with its share of the cores."),
  labels: z.record(z.string().min(1), z.string()).describe("Labels that the node must have, with their values."),
};

/** The section `run.resources` of a pipeline file. */
export const resourceOptionsSchema = z.strictObject({
  cpus: resourceFields.cpus.default(1),
  gpus: resourceFields.gpus.default(0),
  memory: resourceFields.memory.prefault(0),
  labels: resourceFields.labels.default({}),
  steps: z
    .record(
      z.string(),
      z.strictObject({
        cpus: resourceFields.cpus.optional(),
        gpus: resourceFields.gpus.optional(),
        memory: resourceFields.memory.optional(),
        labels: resourceFields.labels.optional(),
      }),
    )
    .default({})
    .describe("What single steps need more, by step such as `2-resize-image`: steps of one stage share its workers."),
});

/** The section `run` of a pipeline file: how the pipeline runs. Only `streaming` is part of the plan. */
export const runOptionsSchema = z.strictObject({
  workers: z
    .union([z.literal("auto"), wholeWorkers, workerRange], { error: workersExpected })
    .default("auto")
    .describe(
      "Worker processes. `auto`: as many as the cores and the memory of this machine, or the nodes of a cluster, allow. `2-32`: between the two.",
    ),
  resources: resourceOptionsSchema
    .prefault({})
    .describe("What a worker takes of a cluster's node. On one machine, `workers` alone says how many there are."),
  memoryBudget: z
    .union([z.literal("auto"), byteSize.refine((bytes) => bytes >= smallestMemoryBudget, memoryExpected)], {
      error: memoryExpected,
    })
    .default("auto")
    .describe(
      "Decoded bytes that all workers together may hold, such as `512MiB`. `auto`: a share of the memory that this process may use.",
    ),
  batchSize: z.int().min(1).max(65_536).default(64).describe("Samples handed to a batch step at once."),
  streaming: z
    .boolean()
    .default(true)
    .describe("False: the output of every step is written out for inspection and replay, one stage a step."),
  maxFailureRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      "Failed / read samples above which the run stops as failed, 0 to 1. By default a run that is mostly failing; lower it where a broken input shall not pass.",
    ),
  maxAttempts: z.int().min(1).max(100).default(3).describe("Attempts at a task before its split is given up."),
  checkpointInterval: duration
    .prefault("2s")
    .describe("Longest time between a finished task and the checkpoint that lists it, such as `2s`."),
  checkpoints: checkpointOptionsSchema.prefault({}).describe("Where the checkpoints lie and how many stay."),
  resumeFrom: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Checkpoint to go back to before the run begins, such as `checkpoint_000123`. Each value takes effect once: a restart does not go back again.",
    ),
  sampleTimeout: patience
    .prefault("5m")
    .describe("Longest time that the steps may take for one sample; one that takes longer is quarantined."),
  stallTimeout: patience
    .prefault("60s")
    .describe("Time without progress after which the run says which worker is stuck, where, and what it waits for."),
});

/** A pipeline file without its components, which have schemas of their own. The only home of these defaults. */
export const pipelineFileSchema = z.strictObject({
  source: z.unknown().optional().describe("Where samples come from: one source with its options."),
  steps: z
    .array(z.unknown())
    .default([])
    .describe("What happens to samples, in this order: operators with their options."),
  sink: z.unknown().optional().describe("What is written: one sink with its options."),
  output: z
    .string()
    .min(1)
    .optional()
    .describe("Folder that the dataset goes to; relative to this file. `--to` and OUTPUT_PATH go before it."),
  seed: z.int().min(0).default(0).describe("Where all randomness comes from: the same seed gives the same output."),
  run: runOptionsSchema.prefault({}).describe("How the pipeline runs."),
});

export type ResourceOptions = z.output<typeof resourceOptionsSchema>;
export type RunOptions = z.output<typeof runOptionsSchema>;
export type RunOptionsInput = z.input<typeof runOptionsSchema>;
