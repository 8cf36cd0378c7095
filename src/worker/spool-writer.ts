import type { EncodedPart, Shard, ShardDestination } from "../contract/sink.ts";
import { openShardFile, type ShardFile } from "../storage/shard-file.ts";
import type { SpoolHeader } from "./spool-reader.ts";
import type { LeavingSample, TaskOutput } from "./task-output.ts";

/** Limits of a spool that becomes splits of its own, behind a gather stage. */
export interface SpoolLimits {
  readonly samples: number;
  readonly bytes: number;
}

/**
 * Writes samples for the next stage, losslessly: `u32be headerLength | JSON header | bodies`, one
 * after the other. Without limits a task writes one spool.
 */
export function openSpool(destination: ShardDestination, stage: number, limits?: SpoolLimits): TaskOutput {
  const open: { readonly file: ShardFile; samples: number }[] = [];
  let samples = 0;
  const current = async (): Promise<{ readonly file: ShardFile; samples: number }> => {
    const last = open.at(-1);
    if (
      last !== undefined &&
      (limits === undefined || (last.samples < limits.samples && last.file.bytes < limits.bytes))
    )
      return last;
    const name = `_stages/stage-${stage}-shard-${pad(destination.split, 6)}-${pad(open.length, 6)}.spool`;
    const next = { file: await openShardFile(destination, name), samples: 0 };
    await last?.file.seal();
    open.push(next);
    return next;
  };
  return {
    get samples() {
      return samples;
    },
    async write(leaving) {
      for (const one of leaving) {
        const shard = await current();
        await shard.file.write(encode(one));
        shard.samples++;
        samples++;
      }
    },
    async commit() {
      const shards: Shard[] = [];
      for (const { file, samples } of open) shards.push(await file.commit(samples));
      return shards;
    },
    async abort() {
      await Promise.all(open.map(({ file }) => file.abort()));
    },
  };
}

function encode({ sample, uri, range }: LeavingSample): readonly Uint8Array[] {
  const bodies: Uint8Array[] = [];
  const parts = sample.parts.map((part) => encodePart(part, bodies));
  const header = { id: sample.id, uri, range, attributes: sample.attributes, parts };
  const headerBytes = Buffer.from(JSON.stringify(header), "utf8");
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(headerBytes.byteLength);
  return [prefix, headerBytes, ...bodies];
}

function encodePart(part: EncodedPart, bodies: Uint8Array[]): SpoolHeader["parts"][number] {
  if (part.kind === "text") return { kind: "text", name: part.name, mediaType: part.mediaType, text: part.text };
  if (part.kind === "embedding") {
    bodies.push(new Uint8Array(part.values.buffer, part.values.byteOffset, part.values.byteLength));
    return { kind: "embedding", name: part.name, byteLength: part.values.byteLength };
  }
  const bytes = part.bytes ?? new Uint8Array(0);
  bodies.push(bytes);
  return { kind: part.kind, name: part.name, mediaType: part.mediaType, byteLength: bytes.byteLength };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
