import { z } from "zod";
import type { InputFile } from "../../contract/source.ts";
import { PipelineError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { archiveCursor } from "../../sources/tar-archive.ts";
import { TarDamage, tarEntries } from "../../sources/tar-entries.ts";
import type { FormatPlace } from "./shard-place.ts";

const sidecar = z.looseObject({ id: z.string(), attributes: z.custom<JsonObject>(isJsonObject) });

/** The members under a key, from the headers of the archive. Rejects with DATASET_DAMAGED when there is no such sample. */
export async function tarPlace(file: InputFile, key: string): Promise<FormatPlace> {
  const cursor = archiveCursor({ file, relative: "", compression: "none" }, new AbortController().signal);
  const members: { readonly name: string; readonly offset: number; readonly bytes: number }[] = [];
  let facts: z.output<typeof sidecar> | undefined;
  try {
    for await (const { name, offset, size } of tarEntries(cursor)) {
      // The members of a sample stand side by side.
      if (!name.startsWith(`${key}.`)) {
        if (members.length > 0) break;
        continue;
      }
      members.push({ name, offset, bytes: size });
      if (name === `${key}.json`) facts = sidecar.parse(JSON.parse((await cursor.read(size)).toString("utf8")));
    }
  } catch (cause) {
    if (!(cause instanceof TarDamage)) throw cause;
    throw new PipelineError("DATASET_DAMAGED", `${file.uri} is no whole archive: ${cause.message}`, { cause });
  } finally {
    await cursor.close();
  }
  if (facts === undefined) throw new PipelineError("DATASET_DAMAGED", `${file.uri} holds no ${key}.json`);
  return { id: facts.id, attributes: facts.attributes, where: { format: "tar", members } };
}
