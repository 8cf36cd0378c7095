import type { EncodedSample, Shard, ShardDestination, SinkWriter } from "../contract/sink.ts";
import type { ByteRange } from "../contract/source.ts";
import type { KeylessSample } from "./encode-sample.ts";

/** A sample that leaves the task, and where its original lies. */
export interface LeavingSample {
  readonly sample: KeylessSample;
  readonly uri: string;
  readonly range: ByteRange | undefined;
}

/** Where a task's samples go: the sink, or a spool for the next stage. */
export interface TaskOutput {
  /** Samples written so far. */
  readonly samples: number;
  /** Resolves when there is room for more. */
  write(samples: readonly LeavingSample[]): Promise<void>;
  commit(): Promise<readonly Shard[]>;
  /** Never throws. */
  abort(): Promise<void>;
}

/** Gives samples their keys and hands them to a sink. */
export function sinkOutput(writer: SinkWriter, destination: ShardDestination): TaskOutput {
  const splitDigits = String(destination.split).padStart(6, "0");
  let samples = 0;
  return {
    get samples() {
      return samples;
    },
    async write(leaving) {
      const keyed = leaving.map(
        ({ sample }): EncodedSample => ({ ...sample, key: `${splitDigits}${String(samples++).padStart(6, "0")}` }),
      );
      await writer.write(keyed);
    },
    commit: () => writer.commit(),
    abort: () => writer.abort(),
  };
}
