import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineSource, type SourceItem, type SourceSpec, type Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { checkSource } from "./check-source.ts";

const options = z.strictObject({ count: z.int().default(4) });
type Options = z.output<typeof options>;

interface Behaviour {
  readonly name?: string;
  readonly options?: z.ZodType<Options, z.input<typeof options>>;
  readonly splits?: (listing: number) => readonly Split[];
  readonly id?: (position: number, reading: number) => string;
  readonly attributes?: (position: number) => { readonly [name: string]: number };
  readonly leavesNothingOut?: boolean;
  readonly ignoresAbort?: boolean;
  readonly ignoresChange?: boolean;
}

const split = (first: number): Split => ({
  files: [{ uri: "/input", bytes: 10, version: "1" }],
  locator: first,
  bytes: 10,
  samples: 2,
});

/** A source of four samples in two splits that keeps the contract, but for `behaviour`. */
function source(behaviour: Behaviour, changed: { isChanged: boolean }): SourceSpec<Options, z.input<typeof options>> {
  let listings = 0;
  let readings = 0;
  return defineSource({
    name: behaviour.name ?? "four",
    summary: "Four samples.",
    options: behaviour.options ?? options,
    produces: () => ({ attributes: ["position"], isOpen: false, parts: [] }),
    resolveLocations: (given) => given,
    open: async () => ({
      async *splits(signal, leavesOut = () => false) {
        if (behaviour.ignoresAbort !== true) signal.throwIfAborted();
        if (leavesOut(split(0).files) && behaviour.leavesNothingOut !== true) return;
        yield* behaviour.splits?.(listings++) ?? [split(0), split(2)];
      },
      async *read({ locator }, signal) {
        if (behaviour.ignoresAbort !== true) signal.throwIfAborted();
        if (changed.isChanged && behaviour.ignoresChange !== true) throw new PipelineError("INPUT_CHANGED", "changed");
        const reading = readings++;
        const items: SourceItem[] = [0, 1].map((offset) => {
          const position = Number(locator) + offset;
          const id = behaviour.id?.(position, reading) ?? `sample:${position}`;
          const attributes = behaviour.attributes?.(position) ?? { position };
          return { kind: "sample", sample: { id, parts: [], attributes }, uri: "/input" };
        });
        yield items;
      },
    }),
  });
}

async function check(behaviour: Behaviour) {
  const changed = { isChanged: false };
  const changeFile = async () => {
    changed.isChanged = true;
  };
  return checkSource(source(behaviour, changed), {}, { changeFile });
}

describe("checkSource", () => {
  it("passes a source that keeps the contract", async () => {
    expect(await check({})).toEqual({ splits: 2, samples: 4, unreadable: 0 });
  });

  it.each<[rule: string, behaviour: Behaviour]>([
    ["name", { name: "Four_Samples" }],
    ["strict options", { options: z.object({ count: z.int().default(4) }) }],
    ["splits", { splits: () => [] }],
    ["deterministic splits", { splits: (listing) => (listing === 0 ? [split(0), split(2)] : [split(2), split(0)]) }],
    ["samples", { splits: () => [{ ...split(0), samples: 3 }] }],
    ["unique ids", { id: (position) => `sample:${position % 2}` }],
    ["repeatable", { id: (position, reading) => `sample:${position}:${reading}` }],
    ["produces", { attributes: (position) => ({ position, surprise: 1 }) }],
    ["produces", { attributes: () => ({}) }],
    ["attributes are JSON", { attributes: () => ({ position: Number.NaN }) }],
    ["abort", { ignoresAbort: true }],
    ["left out", { leavesNothingOut: true }],
    ["changed input", { ignoresChange: true }],
  ])("names the rule %s when it is broken", async (rule, behaviour) => {
    await expect(check(behaviour)).rejects.toThrow(`rule "${rule}" is broken`);
  });
});
