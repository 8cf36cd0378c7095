/** A metric as it is declared and documented. */
export interface MetricDefinition<Label extends string = string> {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds, of a histogram. */
  readonly buckets?: readonly number[];
}

function counter<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<Label> {
  return { kind: "counter", name, help, labels };
}

function gauge<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<Label> {
  return { kind: "gauge", name, help, labels };
}

function histogram<Label extends string = never>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly Label[] = [],
): MetricDefinition<Label> {
  return { kind: "histogram", name, help, labels, buckets };
}

export const storageMetrics = {
  requests: counter(
    "pipeline_storage_requests_total",
    "Requests to storage, by what came of them: an HTTP status, or `none` without an answer.",
    ["scheme", "operation", "status"],
  ),
  requestSeconds: counter(
    "pipeline_storage_request_seconds_total",
    "Time that requests to storage took, until the last byte was received.",
    ["scheme", "operation"],
  ),
} as const;

/** The states that `pipeline_run_state` can show. */
export const runStates = ["idle", "starting", "running", "draining", "succeeded", "failed", "interrupted"] as const;

export type RunState = (typeof runStates)[number];

/**
 * Work: counted while tasks run, from the growth of their cumulative reports. What an attempt did stays counted when
 * the attempt fails: the work was done, and the next attempt does it again.
 */
export const workMetrics = {
  samplesRead: counter("pipeline_samples_read_total", "Samples that attempts at tasks read.", ["stage"]),
  bytesRead: counter("pipeline_read_bytes_total", "Bytes of input that attempts at tasks read.", ["stage"]),
  samplesProcessed: counter(
    "pipeline_step_samples_processed_total",
    "Samples that reached a step in attempts at tasks.",
    ["step"],
  ),
  busySeconds: counter(
    "pipeline_step_busy_seconds_total",
    "Time that workers spent in a step; `read` and `write` are steps here, and encoding and committing files part of `write`.",
    ["step"],
  ),
  imagesDecoded: counter(
    "pipeline_images_decoded_total",
    "Images decoded, by decoder: `jpeg-turbo` is the fast way of plain JPEGs, `jpeg-kernel` that of JPEGs at a fraction of their size, and of CMYK without a profile, `sharp` that of all others, `sharp-reduced` the same at a fraction of the size.",
    ["decoder"],
  ),
} as const;

/** Results: counted once, when a task finishes, from its receipt. What failed attempts did is not in them. */
export const resultMetrics = {
  samplesIn: counter("pipeline_step_samples_in_total", "Samples that reached a step, in finished tasks.", ["step"]),
  samplesOut: counter(
    "pipeline_step_samples_out_total",
    "Samples that left a step, children included, in finished tasks.",
    ["step"],
  ),
  samplesDropped: counter("pipeline_samples_dropped_total", "Samples that a step dropped, in finished tasks.", [
    "step",
    "reason",
  ]),
  samplesQuarantined: counter(
    "pipeline_samples_quarantined_total",
    "Samples that failed, in finished tasks; `read` and `write` are steps here.",
    ["step", "code"],
  ),
  samplesFailed: counter("pipeline_samples_failed_total", "Samples that failed anywhere, in finished tasks.", [
    "stage",
  ]),
  samplesFinished: counter("pipeline_samples_finished_total", "Samples that finished tasks read.", ["stage"]),
  samplesWritten: counter("pipeline_samples_written_total", "Samples that finished tasks wrote.", ["stage"]),
  bytesWritten: counter("pipeline_written_bytes_total", "Bytes of the shards of finished tasks.", ["stage"]),
  shardsWritten: counter("pipeline_shards_written_total", "Shards of finished tasks.", ["stage"]),
} as const;

const seconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800] as const;

export const taskMetrics = {
  tasksStarted: counter("pipeline_tasks_started_total", "Attempts at tasks that began.", ["stage"]),
  tasksFinished: counter("pipeline_tasks_finished_total", "Tasks that finished.", ["stage"]),
  taskFailures: counter("pipeline_task_failures_total", "Attempts at tasks that failed, by error code.", ["code"]),
  retries: counter("pipeline_task_retries_total", "Failed attempts at tasks that are tried again, by error code.", [
    "code",
  ]),
  tasksGivenUp: counter("pipeline_tasks_given_up_total", "Tasks that failed for good, by error code.", ["code"]),
  taskDuration: histogram(
    "pipeline_task_duration_seconds",
    "Time that the attempt took which finished a task.",
    [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400],
    ["stage"],
  ),
  tasksInFlight: gauge("pipeline_tasks_in_flight", "Tasks that workers are at."),
  tasksQueued: gauge(
    "pipeline_tasks_queued",
    "Tasks of the current stage that wait for a worker, as this process knows.",
  ),
} as const;

export const clusterMetrics = {
  nodes: gauge("pipeline_cluster_nodes", "Nodes of the cluster that are alive."),
  pending: gauge(
    "pipeline_cluster_pending_workers",
    "Workers that were asked for and have no place in the cluster yet.",
  ),
} as const;

export const workerMetrics = {
  workers: gauge("pipeline_workers", "Workers by what they do.", ["state"]),
  workerStarts: counter("pipeline_worker_starts_total", "Worker processes that were started."),
  workerRestarts: counter(
    "pipeline_worker_restarts_total",
    "Workers that ended unasked, by how; each is replaced when there is work for it.",
    ["reason"],
  ),
  workerStalls: counter("pipeline_worker_stalls_total", "Times that a worker had not got on for `stallTimeout`.", [
    "waits_for",
  ]),
  workerMemory: gauge("pipeline_worker_resident_memory_bytes", "Memory that a worker holds for itself.", ["worker"]),
  samplesCondemned: counter(
    "pipeline_samples_condemned_total",
    "Samples that ended their worker, which are quarantined for it.",
    ["step", "code"],
  ),
} as const;

export const checkpointMetrics = {
  checkpoints: counter("pipeline_checkpoints_written_total", "Checkpoints that were written."),
  checkpointFailures: counter(
    "pipeline_checkpoint_failures_total",
    "Checkpoints that could not be written; each ends its run.",
  ),
  checkpointDuration: histogram(
    "pipeline_checkpoint_duration_seconds",
    "Time that writing a checkpoint took.",
    seconds,
  ),
  checkpointTime: gauge(
    "pipeline_checkpoint_last_success_timestamp_seconds",
    "When the last checkpoint was written; absent until there is one.",
  ),
  tasksAwaitingCheckpoint: gauge(
    "pipeline_tasks_awaiting_checkpoint",
    "Finished tasks that no checkpoint lists yet: what a kill costs.",
  ),
} as const;

export const runMetrics = {
  buildInfo: gauge("pipeline_build_info", "1, with the versions in its labels.", ["version", "node_version"]),
  runState: gauge("pipeline_run_state", "1 for the state that the latest run is in, else 0.", ["state"]),
  runStarted: gauge("pipeline_run_started_timestamp_seconds", "When the latest run began; absent until there is one."),
  runsFinished: counter("pipeline_runs_finished_total", "Runs that ended, by how.", ["outcome"]),
  progress: gauge("pipeline_progress_ratio", "How much of the latest run is done."),
  inputBytes: gauge("pipeline_input_bytes", "Size of the latest run's input."),
  inputSplits: gauge("pipeline_input_splits", "Splits of the latest run's input."),
} as const;

export const gpuMetrics = {
  gpuUtilization: gauge("pipeline_gpu_utilization_ratio", "Share of time in which a GPU was at work.", ["gpu"]),
  gpuMemoryUsed: gauge("pipeline_gpu_memory_used_bytes", "Memory of a GPU that is in use.", ["gpu"]),
  gpuMemory: gauge("pipeline_gpu_memory_bytes", "Memory of a GPU.", ["gpu"]),
  gpuTemperature: gauge("pipeline_gpu_temperature_celsius", "Temperature of a GPU.", ["gpu"]),
  gpuPower: gauge("pipeline_gpu_power_watts", "Power that a GPU draws.", ["gpu"]),
} as const;

/** Every metric of the product by topic, for the reference; those of the Node process come with the client library. */
export const metricTopics: readonly {
  readonly title: string;
  readonly text: string;
  readonly metrics: readonly MetricDefinition[];
}[] = [
  { title: "Runs", text: "", metrics: Object.values(runMetrics) },
  {
    title: "Work",
    text: "Move while tasks run. What a failed attempt did stays counted: the work was done, and the next attempt does it again. Rates and stalled runs are read from these.",
    metrics: Object.values(workMetrics),
  },
  {
    title: "Results",
    text: "Move when a task finishes, by what its receipt proves. A sample counts once, however often its task was tried; it counts again only when its task is undone and repeated.",
    metrics: Object.values(resultMetrics),
  },
  { title: "Tasks", text: "", metrics: Object.values(taskMetrics) },
  { title: "Checkpoints", text: "", metrics: Object.values(checkpointMetrics) },
  { title: "Workers", text: "", metrics: Object.values(workerMetrics) },
  {
    title: "Cluster",
    text: "0 where tasks run on this machine alone.",
    metrics: Object.values(clusterMetrics),
  },
  {
    title: "Storage",
    text: "Of every request over a network, those that are repeated too, by the coordinator and its workers; told at checkpoints and while tasks run. Local files are not asked this way.",
    metrics: Object.values(storageMetrics),
  },
  {
    title: "GPUs",
    text: "Only where there is `nvidia-smi`, which is asked at most every 10 seconds, and only while metrics are scraped.",
    metrics: Object.values(gpuMetrics),
  },
];
