import { describe, expect, it } from "vitest";
import { bytesContent } from "../../model/content.ts";
import type { Sample } from "../../model/sample.ts";
import { select } from "./select.ts";

const input: Sample = {
  id: "a",
  parts: [
    { kind: "image", name: "photo", mediaType: "image/png", content: bytesContent(Uint8Array.of(1)) },
    { kind: "text", name: "caption", mediaType: "text/plain", text: "x" },
    { kind: "text", name: "alt", mediaType: "text/plain", text: "y" },
  ],
  attributes: { width: 1, height: 2, ["__proto__"]: 3 },
};

async function selected(options: unknown): Promise<Sample> {
  const operator = await select.open(select.options.parse(options), { seed: 0, signal: new AbortController().signal });
  const outcome = await operator.apply(input);
  if (outcome.kind !== "keep") throw new Error("expected keep");
  return outcome.sample;
}

const partNames = (sample: Sample) => sample.parts.map((part) => part.name);

describe("select", () => {
  it("keeps the named attributes that are there, and every part", async () => {
    const sample = await selected({ attributes: ["height", "depth", "__proto__", "toString"] });
    expect(Object.entries(sample.attributes)).toEqual([
      ["height", 2],
      ["__proto__", 3],
    ]);
    expect(partNames(sample)).toEqual(["photo", "caption", "alt"]);
  });

  it("removes all attributes on request", async () => {
    expect((await selected({ attributes: [] })).attributes).toEqual({});
  });

  it("keeps parts by name, by kind, or both, in their order", async () => {
    expect(partNames(await selected({ parts: ["alt", "nothing"] }))).toEqual(["alt"]);
    expect(partNames(await selected({ kinds: ["text"] }))).toEqual(["caption", "alt"]);
    expect(partNames(await selected({ kinds: ["image"], parts: ["alt"] }))).toEqual(["photo", "alt"]);
    expect((await selected({ parts: ["alt"] })).attributes).toBe(input.attributes);
  });

  it("says what is left for later steps", () => {
    expect(select.signature({ attributes: ["a"] })).toEqual({
      reads: [],
      readsIfPresent: ["a"],
      writes: [],
      removes: "unread",
      parts: [],
    });
    expect(select.signature({ parts: ["a"] })).toEqual({ reads: [], writes: [], parts: [] });
  });

  it("refuses to select nothing in particular", () => {
    expect(select.options.safeParse({}).success).toBe(false);
    expect(select.options.safeParse({ kinds: ["picture"] }).success).toBe(false);
  });
});
