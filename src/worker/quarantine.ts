import { fileURLToPath } from "node:url";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { Shard, ShardDestination } from "../contract/sink.ts";
import type { ByteRange } from "../contract/source.ts";
import { errorRecord, type PipelineError } from "../model/errors.ts";
import { openShardFile, type ShardFile } from "../storage/shard-file.ts";

/** Keeps the failed samples of a task: one JSON line each, in the order they came. No failure, no file. */
export class Quarantine {
  readonly #destination: ShardDestination;
  readonly #stage: number;
  readonly #planHash: string;
  readonly #waiting: string[] = [];
  #file: ShardFile | undefined;
  #records = 0;

  constructor(destination: ShardDestination, stage: number, planHash: string) {
    this.#destination = destination;
    this.#stage = stage;
    this.#planHash = planHash;
  }

  add(failed: {
    readonly id: string;
    readonly uri: string;
    readonly range: ByteRange | undefined;
    readonly position: number;
    readonly attempt: number;
    readonly step: string;
    readonly error: PipelineError;
  }): void {
    const error = errorRecord(failed.error);
    const record: QuarantineRecord = {
      id: failed.id,
      uri: failed.uri,
      ...(failed.range === undefined ? {} : { range: failed.range }),
      position: failed.position,
      attempt: failed.attempt,
      planHash: this.#planHash,
      step: failed.step,
      failureClass: failed.error.failureClass,
      error: { ...error, stack: aboveEngine(error.stack) },
      stage: this.#stage,
      split: this.#destination.split,
    };
    this.#waiting.push(`${JSON.stringify(record)}\n`);
  }

  /** Whether there is something to write. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Writes what was added, so that a split of failures does not pile up in memory. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.splice(0);
    this.#file ??= await openShardFile(this.#destination, this.#name());
    await this.#file.write([Buffer.from(lines.join(""), "utf8")]);
    this.#records += lines.length;
  }

  /** Undefined when nothing failed. */
  async commit(): Promise<Shard | undefined> {
    await this.flush();
    return this.#file?.commit(this.#records);
  }

  /** Never throws. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }

  #name(): string {
    const stage = this.#stage === 0 ? "" : `stage-${this.#stage}-`;
    return `_quarantine/${stage}shard-${String(this.#destination.split).padStart(6, "0")}.jsonl`;
  }
}

// Bundling keeps what lies in this folder in files of a folder of that name: see scripts/bundle.ts.
const engineFolder = new URL(".", import.meta.url);
const engineFrames = [engineFolder.href, fileURLToPath(engineFolder)];
const recordedFrames = 10;

/**
 * The part of a stack that shows where the code broke: what lies below it, in the engine, depends on how samples
 * happened to be batched. Nor do frames of Node itself stay: whether its queue of ticks is among them depends on
 * what had to be waited for before.
 */
function aboveEngine(stack: string): string {
  const kept: string[] = [];
  let frames = 0;
  for (const line of stack.split("\n")) {
    if (/^\s+at /.test(line)) {
      if (engineFrames.some((folder) => line.includes(folder)) || frames === recordedFrames) break;
      if (line.includes("node:internal/")) continue;
      frames++;
    }
    kept.push(line);
  }
  return kept.join("\n");
}
