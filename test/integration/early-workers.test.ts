import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { type Catalog, loadComponent } from "../../src/contract/catalog.ts";
import type { SourceSpec } from "../../src/contract/source.ts";
import { runPipeline, temporaryFolder } from "./run-pipeline.ts";

/** The source, whose listing does not go on behind the second split before `reached` resolves. */
function heldUp(spec: SourceSpec, reached: Promise<void>): SourceSpec {
  return {
    ...spec,
    async open(options) {
      const source = await spec.open(options);
      return {
        ...source,
        async *splits(signal, leavesOut) {
          let count = 0;
          for await (const split of source.splits(signal, leavesOut)) {
            yield split;
            if (++count === 2) await reached;
          }
        },
      };
    },
  };
}

test("workers start while the input is being listed, once there are splits for them", async () => {
  const folder = await temporaryFolder();
  const input = path.join(folder, "input");
  await mkdir(input);
  for (let n = 0; n < 120; n++) await writeFile(path.join(input, `${n}.txt`), `text ${n}`);
  const second = Promise.withResolvers<void>();
  const builtin: Catalog = builtinCatalog;
  const value: Catalog = {
    ...builtin,
    sources: {
      ...builtin.sources,
      files: async () => heldUp(await loadComponent(builtin.sources, "source", "files"), second.promise),
    },
  };
  const module = new URL("../../src/builtin-catalog.ts", import.meta.url);
  const text = `source: { files: { path: ${JSON.stringify(input)} } }\nsink: { jsonl: {} }`;
  const events: string[] = [];
  const summary = await runPipeline(text, path.join(folder, "out"), {
    catalog: { value, module },
    onEvent(event) {
      events.push(event.type);
      if (event.type === "worker-started" && event.worker === 1) second.resolve();
    },
  });
  expect(summary.accounting).toMatchObject({ read: 120, written: 120 });
  expect(events.filter((type) => type === "worker-started")).toHaveLength(2);
});
