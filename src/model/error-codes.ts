/**
 * How far an error reaches.
 * `sample`: costs this sample, which goes to quarantine. `task`: costs the attempt at one split,
 * which is tried again when the error is retryable. `run`: ends the run. `usage`: nothing was started.
 */
export type ErrorScope = "sample" | "task" | "run" | "usage";

/** Who has to act: the taxonomy of quarantine and of `retry --class`. */
export type FailureClass =
  | "bad-input"
  | "operator-bug"
  | "timeout"
  | "memory"
  | "storage"
  | "configuration"
  | "internal";

interface ErrorCodeEntry {
  readonly scope: ErrorScope;
  readonly failureClass: FailureClass;
  readonly summary: string;
  /** What the reader of the message can do. */
  readonly remedy: string;
}

function code(scope: ErrorScope, failureClass: FailureClass, summary: string, remedy: string): ErrorCodeEntry {
  return { scope, failureClass, summary, remedy };
}

/** Every code that the product can print. The reference page is generated from this table. */
export const errorCodes = {
  // Configuration
  FILE_UNREADABLE: code(
    "usage",
    "configuration",
    "The pipeline file cannot be read.",
    "Check the path and its permissions.",
  ),
  FILE_EXISTS: code(
    "usage",
    "configuration",
    "The file to write exists already.",
    "Choose another name with `--out`, or remove the file.",
  ),
  FILE_SYNTAX: code(
    "usage",
    "configuration",
    "The pipeline file is not valid YAML or JSON.",
    "Mend the line that is named.",
  ),
  UNKNOWN_KEY: code(
    "usage",
    "configuration",
    "A key is not part of the schema.",
    "Use the suggested key, or see `pipeline operators <name>`.",
  ),
  INVALID_OPTION: code(
    "usage",
    "configuration",
    "An option has a wrong type or value.",
    "Give a value of the expected type.",
  ),
  UNKNOWN_COMPONENT: code(
    "usage",
    "configuration",
    "No source, operator or sink has this name.",
    "Use the suggested name, or list them with `pipeline operators`.",
  ),
  ATTRIBUTE_NOT_WRITTEN: code(
    "usage",
    "configuration",
    "A step reads an attribute that nothing before it writes.",
    "Add the step that writes it, or move the step behind it.",
  ),
  PART_NOT_PRODUCED: code(
    "usage",
    "configuration",
    "A step needs a kind of part that nothing before it produces.",
    "Use a source or a step that produces it.",
  ),
  INVALID_EXPRESSION: code(
    "usage",
    "configuration",
    "An expression cannot be parsed.",
    "Mend it at the marked position.",
  ),
  INVALID_OPERATOR: code(
    "usage",
    "configuration",
    "A user's operator module does not keep the operator contract.",
    "Run `checkOperator` on it; the message names the broken rule.",
  ),
  USAGE: code("usage", "configuration", "The command line is not understood.", "See `pipeline help <command>`."),
  UNSUPPORTED_RUNTIME: code("usage", "configuration", "This version of Node is too old.", "Use Node 22.19 or newer."),
  UNSUPPORTED_SCHEME: code(
    "usage",
    "configuration",
    "No storage answers to this URI scheme.",
    "Use a local path, `s3://` or, to read, `https://`.",
  ),
  PORT_UNAVAILABLE: code(
    "usage",
    "configuration",
    "The server cannot listen at its address.",
    "End what listens there, or choose another port or host: HEALTH_CHECK_PORT, METRICS_PORT, `--host`.",
  ),
  HEALTH_UNKNOWN: code(
    "usage",
    "configuration",
    "No server answers with its health at this address.",
    "Check the address, and that `pipeline serve` runs there; its log says where it listens.",
  ),
  // Input and output
  INPUT_NOT_FOUND: code("usage", "bad-input", "The input does not exist.", "Check the path."),
  INPUT_EMPTY: code("run", "bad-input", "The input holds no sample.", "Check the path and the patterns of the source."),
  INPUT_CHANGED: code(
    "task",
    "bad-input",
    "An input file changed after the run began.",
    "Restore the file, or start a new run into another folder.",
  ),
  INPUT_UNREADABLE: code("sample", "storage", "An input file cannot be read.", "Check its permissions and the disk."),
  INPUT_CORRUPT: code(
    "task",
    "bad-input",
    "A container file is damaged so that what follows cannot be read.",
    "Replace the file.",
  ),
  OUTPUT_NOT_EMPTY: code(
    "usage",
    "configuration",
    "The output folder holds files of something else.",
    "Choose another folder, or empty this one.",
  ),
  OUTPUT_UNWRITABLE: code("run", "storage", "The output folder cannot be written.", "Check its permissions."),
  CONDITIONAL_WRITES_IGNORED: code(
    "usage",
    "storage",
    "The storage lets a second writer replace an object that the first was to create alone.",
    "Use storage that honours conditional writes (S3: `If-None-Match: *`; files: hard links), or a local folder.",
  ),
  STORAGE_UNAUTHORIZED: code(
    "run",
    "configuration",
    "The storage does not accept the credentials, or there are none.",
    "Give valid credentials, as the message says, and run the same command again: it resumes.",
  ),
  STORAGE_FULL: code("run", "storage", "The disk is full.", "Free space and run the same command again: it resumes."),
  STORAGE_FAILED: code(
    "task",
    "storage",
    "Storage answered with an error.",
    "Look at the cause; the task is tried again.",
  ),
  // Samples
  SAMPLE_EMPTY: code("sample", "bad-input", "The file holds no bytes.", "Replace or remove the file."),
  SAMPLE_CORRUPT: code("sample", "bad-input", "The content cannot be decoded.", "Replace or remove the file."),
  SAMPLE_TOO_LARGE: code(
    "sample",
    "bad-input",
    "The content is larger than the limit.",
    "Raise the limit in the option that is named, if you trust the input.",
  ),
  SAMPLE_UNSUPPORTED: code(
    "sample",
    "bad-input",
    "The content's format is not supported.",
    "Convert the file, or leave its type out of the input.",
  ),
  SAMPLE_UNSAFE_PATH: code(
    "sample",
    "bad-input",
    "A name from the data points outside of its container.",
    "Repack the archive.",
  ),
  RECORD_INVALID: code("sample", "bad-input", "A record cannot be parsed.", "Mend the record at the named position."),
  ID_NOT_UNIQUE: code("sample", "bad-input", "Two samples have one id.", "Choose an id that is unique."),
  ATTRIBUTE_MISSING: code(
    "sample",
    "bad-input",
    "The sample lacks an attribute that the step reads.",
    "Supply it, or filter such samples out before.",
  ),
  ATTRIBUTE_TYPE: code(
    "sample",
    "bad-input",
    "An attribute has another type than the step reads.",
    "Supply the expected type.",
  ),
  NAME_TAKEN: code(
    "sample",
    "bad-input",
    "A new name is already in use in the sample.",
    "Choose another name, or remove what has it with `select`.",
  ),
  SAMPLE_CRASHED: code(
    "sample",
    "operator-bug",
    "The sample ended the worker process while it was alone in it.",
    "Look at the step that is named; after mending it, `pipeline retry`.",
  ),
  SAMPLE_TIMEOUT: code(
    "sample",
    "timeout",
    "The sample took longer than `sampleTimeout`.",
    "Raise `run.sampleTimeout` if such samples are worth it, then `pipeline retry --class timeout`.",
  ),
  SAMPLE_OUT_OF_MEMORY: code(
    "sample",
    "memory",
    "The sample alone needs more memory than a worker may take.",
    "Give the process more memory, or filter such samples out, then `pipeline retry --class memory`.",
  ),
  // Engine
  OPERATOR_FAILED: code(
    "sample",
    "operator-bug",
    "The operator threw.",
    "Look at the cause; if the operator is yours, run `checkOperator` on it.",
  ),
  OPERATOR_CONTRACT: code(
    "sample",
    "operator-bug",
    "The operator's outcome breaks its contract.",
    "Run `checkOperator` on it.",
  ),
  OPERATOR_UNAVAILABLE: code(
    "run",
    "configuration",
    "A step cannot be opened in the worker.",
    "Look at the cause: a file or a native library is missing.",
  ),
  WORKER_LOST: code(
    "task",
    "internal",
    "A worker process ended without finishing its task.",
    "The task is tried again; see the worker's last lines.",
  ),
  TASK_FAILED: code(
    "task",
    "internal",
    "A split failed at every attempt.",
    "Look at the cause; after mending it, the same command resumes.",
  ),
  RAY_UNREACHABLE: code(
    "run",
    "configuration",
    "No driver could be started in the Ray cluster.",
    "Check the address (`--ray-address`, RAY_API_SERVER_ADDRESS, RAY_ADDRESS) and that the cluster is up: `pipeline ray status`.",
  ),
  RAY_UNAUTHORIZED: code(
    "run",
    "configuration",
    "The Ray cluster does not accept the token, or there is none.",
    "Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN (or RAY_AUTH_TOKEN_PATH) to the cluster's token.",
  ),
  RAY_MISMATCH: code(
    "run",
    "configuration",
    "The Ray cluster has other versions than this process.",
    "Use one image for the cluster's head, its workers and this process.",
  ),
  RAY_LOST: code(
    "run",
    "internal",
    "The connection to the Ray cluster was lost and could not be had again.",
    "Look at the cluster; the same command resumes.",
  ),
  CAPACITY_MISSING: code(
    "run",
    "configuration",
    "No worker got a place in the cluster.",
    "Give the cluster a node that has what the message names, or ask for less in `run.resources`.",
  ),
  STORAGE_NOT_SHARED: code(
    "run",
    "configuration",
    "A node of the cluster does not see a folder that it should share with this process.",
    "Use `s3://`, or a folder that every node mounts at the same path.",
  ),
  PROTOCOL: code(
    "run",
    "internal",
    "Coordinator and worker do not understand one another.",
    "Both must come from one installation.",
  ),
  FAILURES_ABOVE_LIMIT: code(
    "run",
    "bad-input",
    "More samples failed than `maxFailureRatio` allows.",
    "Look at the quarantine; mend the cause or raise the limit.",
  ),
  NOT_BALANCED: code("run", "internal", "The accounting does not add up.", "Keep the output folder and report this."),
  INTERNAL: code(
    "run",
    "internal",
    "Something happened that the program did not expect.",
    "Report it, with what LOG_LEVEL=debug prints.",
  ),
  NO_SAMPLES: code(
    "run",
    "bad-input",
    "The run finished without reading a sample.",
    "Check the input and the patterns of the source.",
  ),
  // Ledger
  PLAN_MISMATCH: code(
    "usage",
    "configuration",
    "The output folder belongs to a run with another plan.",
    "Undo the change that is named, or choose another output folder.",
  ),
  LEDGER_CORRUPT: code(
    "run",
    "storage",
    "A checkpoint cannot be understood.",
    "Restore the file from a copy, or start again into another folder.",
  ),
  LEDGER_VERSION: code(
    "usage",
    "configuration",
    "The checkpoints were written by a newer version.",
    "Use that version or a newer one.",
  ),
  RUN_NOT_FOUND: code(
    "usage",
    "configuration",
    "The folder is not the output of a run.",
    "Name the output folder of a run; where its checkpoints lie elsewhere, `--checkpoints <folder>` says where.",
  ),
  CHECKPOINT_NOT_FOUND: code(
    "usage",
    "configuration",
    "There is no such checkpoint to go back to.",
    "`pipeline checkpoints list` shows those that are kept.",
  ),
  SAMPLE_NOT_FOUND: code(
    "usage",
    "configuration",
    "No sample of the run has this id or source path.",
    "Ids are paths below the input folder, or `<path>:<position>` of a record; the message shows some.",
  ),
  RETRY_IMPOSSIBLE: code(
    "usage",
    "configuration",
    "The quarantined samples cannot be tried again into this dataset.",
    "Run the pipeline into a new folder.",
  ),
  DATASET_DAMAGED: code(
    "run",
    "storage",
    "The dataset is not what its manifest says.",
    "`pipeline verify --repair` runs again what is damaged.",
  ),
  PREFLIGHT_FAILED: code(
    "usage",
    "configuration",
    "Something that the run needs is not there.",
    "Mend every finding that is listed.",
  ),
  LEDGER_CONFLICT: code(
    "run",
    "storage",
    "Another coordinator finished the same run differently.",
    "Let one coordinator finish.",
  ),
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCodes, value);
}
