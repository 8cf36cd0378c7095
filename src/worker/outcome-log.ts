import { zstdCompressSync } from "node:zlib";
import type { TaskInput } from "../contract/executor.ts";
import { type OutcomeLine, outcomeLogVersion } from "../contract/outcome-log.ts";
import type { Shard, ShardDestination } from "../contract/sink.ts";
import type { ByteRange } from "../contract/source.ts";
import { type LineCompressor, openLineCompressor } from "../storage/line-compressor.ts";
import { openShardFile, type ShardFile } from "../storage/shard-file.ts";
import type { EndedSample, FailedSample, Flight } from "./apply-steps.ts";

/** Characters of lines that are encoded together. */
const blockCharacters = 64 * 1024;

/**
 * Tells what became of every sample that a task read, in the order that they were read. The bytes depend on
 * the samples alone: blocks end where lines say, however the lines come.
 */
export class OutcomeLog {
  readonly #destination: ShardDestination;
  readonly #stage: number;
  /** Places of the split's files in it, where it has several. */
  readonly #files: ReadonlyMap<string, number>;
  readonly #blocks: Buffer[] = [];
  #text = "";
  #lines = 0;
  #rangeEnd = 0;
  #file: ShardFile | undefined;
  #compressor: LineCompressor | undefined;

  constructor(destination: ShardDestination, stage: number, input: TaskInput) {
    this.#destination = destination;
    this.#stage = stage;
    const files = input.kind === "split" && input.split.files.length > 1 ? input.split.files : [];
    this.#files = new Map(files.map(({ uri }, index) => [uri, index]));
    this.#text = `${JSON.stringify({ version: outcomeLogVersion, stage, split: destination.split })}\n`;
  }

  /** A flight that has ended, and the samples of it that are written, in order. */
  add(flight: Flight, written: readonly { readonly id: string }[]): void {
    let origin = this.#stage === 0 ? this.#originOf(flight) : "";
    for (const ended of flight.endings) {
      this.#addLine(JSON.stringify(endedLine(ended)), origin);
      origin = "";
    }
    for (const failed of flight.failures) {
      this.#addLine(JSON.stringify(failedLine(failed)), origin);
      origin = "";
    }
    for (const { id } of written) {
      this.#addLine(`{"id":${JSON.stringify(id)}}`, origin);
      origin = "";
    }
    if (this.#text.length >= blockCharacters) this.#endBlock();
  }

  /** Writes what was added, so that a long split does not pile up in memory. */
  async flush(): Promise<void> {
    if (this.#blocks.length === 0) return;
    this.#compressor ??= openLineCompressor("zstd", await this.#opened());
    for (const block of this.#blocks.splice(0)) {
      await this.#compressor.add({ pieces: [block], bytes: block.byteLength });
    }
  }

  /** Undefined when nothing was read. */
  async commit(): Promise<Shard | undefined> {
    if (this.#lines === 0) return undefined;
    const file = await this.#opened();
    this.#endBlock();
    if (this.#compressor === undefined && this.#blocks.length === 1) {
      // Most splits are small: in one go, their logs cost a fraction of what a stream takes to begin and end.
      await file.write(this.#blocks.map((block) => zstdCompressSync(block)));
    } else {
      await this.flush();
      await this.#compressor?.finish();
    }
    return file.commit(this.#lines);
  }

  /** Never throws. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }

  /** Put together as text: this runs for every sample, most of them written. */
  #addLine(json: string, origin: string): void {
    this.#text += `${json.slice(0, -1)}${origin}}\n`;
    this.#lines++;
  }

  #originOf({ uri, range }: Flight): string {
    const file = this.#files.get(uri);
    return `${file === undefined ? "" : `,"file":${file}`}${range === undefined ? "" : this.#placeOf(range)}`;
  }

  #placeOf({ offset, length }: ByteRange): string {
    const gap = offset - this.#rangeEnd;
    this.#rangeEnd = offset + length;
    return `,"at":[${gap},${length}]`;
  }

  #endBlock(): void {
    this.#blocks.push(Buffer.from(this.#text, "utf8"));
    this.#text = "";
  }

  async #opened(): Promise<ShardFile> {
    if (this.#file !== undefined) return this.#file;
    const stage = this.#stage === 0 ? "" : `stage-${this.#stage}-`;
    const name = `_outcomes/${stage}shard-${String(this.#destination.split).padStart(6, "0")}.jsonl.zst`;
    this.#file = await openShardFile(this.#destination, name);
    return this.#file;
  }
}

function endedLine(ended: EndedSample): OutcomeLine {
  const { id, step, attributes } = ended;
  const told = attributes === undefined ? {} : { attributes };
  if (ended.kind === "drop") return { id, drop: [step, ended.reason], ...told };
  return { id, split: [step, ended.children], ...told };
}

function failedLine({ id, step, error, attributes }: FailedSample): OutcomeLine {
  return { id, fail: [step, error.code], ...(attributes === undefined ? {} : { attributes }) };
}
