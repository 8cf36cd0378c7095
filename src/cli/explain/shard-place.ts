import type { Receipt } from "../../contract/receipt.ts";
import type { InputFile } from "../../contract/source.ts";
import { PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import type { RecordedRun } from "../open-run.ts";
import { jsonlPlace } from "./jsonl-place.ts";
import { parquetPlace } from "./parquet-place.ts";
import { tarPlace } from "./tar-place.ts";

/** What a shard holds of one sample. */
export interface FormatPlace {
  readonly id: string;
  readonly attributes: JsonObject;
  readonly where:
    | {
        readonly format: "tar";
        /** `offset` of the member's content in the shard. */
        readonly members: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
      }
    /** Of a compressed shard: in what it holds once decompressed. */
    | {
        readonly format: "lines";
        readonly line: number;
        readonly offset: number;
        readonly bytes: number;
        readonly compression: string;
      }
    | { readonly format: "parquet"; readonly rowGroup: number; readonly rowInGroup: number };
}

/** Where a sample was written. */
export interface ShardPlace {
  /** Name of the shard in the finished dataset; null when the sink writes none. */
  readonly shard: string | null;
  /** Where it is as long as the run is not finished, too. */
  readonly uri: string | null;
  /** Place in the shard, from 0. */
  readonly row: number;
  readonly key: string;
  readonly found: FormatPlace | null;
  /** Why the shard does not show the sample, where it should. */
  readonly problem: string | null;
}

/** Looks a written sample up in its shard. `place` is the sample's in the output of the receipt's task. */
export async function shardPlaceOf(run: RecordedRun, receipt: Receipt, place: number, id: string): Promise<ShardPlace> {
  const key = `${String(receipt.split).padStart(6, "0")}${String(place).padStart(6, "0")}`;
  let row = place;
  for (const shard of receipt.shards) {
    if (row >= shard.samples) {
      row -= shard.samples;
      continue;
    }
    try {
      const file = await run.find(shard);
      const found = await inShard(run, file, row, key);
      const problem =
        found === null || found.id === id ? null : `it holds ${JSON.stringify(found.id)} at this place: it is damaged`;
      return { shard: shard.name, uri: file.uri, row, key, found, problem };
    } catch (error) {
      // A damaged dataset is part of the story, and no reason not to tell the rest of it.
      if (!(error instanceof PipelineError)) throw error;
      return { shard: shard.name, uri: null, row, key, found: null, problem: `${error.code}: ${error.message}` };
    }
  }
  return { shard: null, uri: null, row, key, found: null, problem: null };
}

/** Null for sinks whose format is not known here. */
async function inShard(run: RecordedRun, file: InputFile, row: number, key: string): Promise<FormatPlace | null> {
  const { name, options } = run.start.plan.sink;
  if (name === "webdataset") return tarPlace(file, key);
  if (name === "jsonl") return jsonlPlace(file, row);
  return name === "parquet" ? parquetPlace(file, row, options) : null;
}
