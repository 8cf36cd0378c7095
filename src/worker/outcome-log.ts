import { constants, zstdCompressSync } from "node:zlib";
import type { TaskInput } from "../contract/executor.ts";
import { outcomeLogVersion } from "../contract/outcome-log.ts";
import type { Shard, ShardDestination } from "../contract/sink.ts";
import type { ByteRange } from "../contract/source.ts";
import { type LineCompressor, openLineCompressor } from "../storage/line-compressor.ts";
import { openShardFile, type ShardFile } from "../storage/shard-file.ts";
import type { EndedSample, FailedSample, Flight } from "./apply-steps.ts";

const blockBytes = 64 * 1024;
/** Blocks that wait: a log that has no more is compressed in one go, which costs a fraction of a stream. */
const heldBlocks = 16;
/** UTF-8 bytes that one UTF-16 unit can take. */
const bytesPerUnit = 3;

/**
 * Tells what became of every sample that a task read, in the order that they were read. The bytes depend on
 * the samples alone: blocks end where lines say, however the lines come.
 */
export class OutcomeLog {
  readonly #destination: ShardDestination;
  readonly #stage: number;
  /** Places of the split's files in it, where it has several. */
  readonly #files: ReadonlyMap<string, number>;
  #blocks: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #lines = 0;
  #rangeEnd = 0;
  #file: ShardFile | undefined;
  #compressor: LineCompressor | undefined;

  constructor(destination: ShardDestination, stage: number, input: TaskInput) {
    this.#destination = destination;
    this.#stage = stage;
    const files = input.kind === "split" && input.split.files.length > 1 ? input.split.files : [];
    this.#files = new Map(files.map(({ uri }, index) => [uri, index]));
    this.#write(`${JSON.stringify({ version: outcomeLogVersion, stage, split: destination.split })}\n`);
  }

  /** A flight that has ended, and the samples of it that are written, in order. */
  add(flight: Flight, written: readonly { readonly id: string }[]): void {
    let origin = this.#stage === 0 ? this.#originOf(flight) : "";
    for (const ended of flight.endings) {
      this.#write(endedLine(ended, origin));
      origin = "";
    }
    for (const failed of flight.failures) {
      this.#write(failedLine(failed, origin));
      origin = "";
    }
    for (const { id } of written) {
      this.#write(`{"id":${JSON.stringify(id)}${origin}}\n`);
      origin = "";
    }
    this.#lines += flight.endings.length + flight.failures.length + written.length;
  }

  /** Whether the next `flush` writes something. */
  get isWaiting(): boolean {
    return this.#compressor === undefined ? this.#blocks.length > heldBlocks : this.#blocks.length > 0;
  }

  /** Writes what was added once it is much, so that a long split does not pile up in memory. */
  async flush(): Promise<void> {
    if (!this.isWaiting) return;
    this.#compressor ??= openLineCompressor("zstd", await this.#opened());
    const blocks = this.#blocks;
    this.#blocks = [];
    for (const block of blocks) await this.#compressor.add({ pieces: [block], bytes: block.byteLength });
  }

  /** Undefined when nothing was read. */
  async commit(): Promise<Shard | undefined> {
    if (this.#lines === 0) return undefined;
    const file = await this.#opened();
    this.#endBlock();
    await this.flush();
    if (this.#compressor !== undefined) await this.#compressor.finish();
    else await file.write([compressed(this.#blocks)]);
    return file.commit(this.#lines);
  }

  /** Never throws. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }

  /** Into a buffer at once: text that waits, line upon line, is work for the garbage collector. */
  #write(line: string): void {
    const most = line.length * bytesPerUnit;
    if (this.#used + most > this.#block.byteLength) {
      this.#endBlock();
      this.#block = Buffer.allocUnsafeSlow(Math.max(blockBytes, most));
    }
    this.#used += this.#block.write(line, this.#used, "utf8");
  }

  #originOf({ uri, range }: Flight): string {
    const place = range === undefined ? "" : this.#placeOf(range);
    return this.#files.size === 0 ? place : `,"file":${this.#files.get(uri) ?? 0}${place}`;
  }

  #placeOf({ offset, length }: ByteRange): string {
    const gap = offset - this.#rangeEnd;
    this.#rangeEnd = offset + length;
    return `,"at":[${gap},${length}]`;
  }

  #endBlock(): void {
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
    this.#block = Buffer.alloc(0);
    this.#used = 0;
  }

  async #opened(): Promise<ShardFile> {
    if (this.#file !== undefined) return this.#file;
    const stage = this.#stage === 0 ? "" : `stage-${this.#stage}-`;
    const name = `_outcomes/${stage}shard-${String(this.#destination.split).padStart(6, "0")}.jsonl.zst`;
    this.#file = await openShardFile(this.#destination, name);
    return this.#file;
  }
}

/** At the fastest level: lines that are so much alike gain little from another. */
function compressed(blocks: readonly Buffer[]): Uint8Array {
  return zstdCompressSync(Buffer.concat(blocks), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/*
 * Lines are put together as text, not as objects: this runs for every sample. `OutcomeLine` is what they are.
 */
function endedLine(ended: EndedSample, origin: string): string {
  const { id, step, told } = ended;
  const what =
    ended.kind === "drop"
      ? `"drop":[${JSON.stringify(step)},${JSON.stringify(ended.reason)}]`
      : `"split":[${JSON.stringify(step)},${ended.children}]`;
  return `{"id":${JSON.stringify(id)},${what}${attributesMember(told)}${origin}}\n`;
}

function failedLine({ id, step, error, told }: FailedSample, origin: string): string {
  const what = `"fail":[${JSON.stringify(step)},${JSON.stringify(error.code)}]`;
  return `{"id":${JSON.stringify(id)},${what}${attributesMember(told)}${origin}}\n`;
}

function attributesMember(told: string | undefined): string {
  return told === undefined ? "" : `,"attributes":${told}`;
}
