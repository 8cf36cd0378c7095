import { describe, expect, it } from "vitest";
import type { Sample } from "../../model/sample.ts";
import { rename } from "./rename.ts";

const input: Sample = {
  id: "a",
  parts: [
    { kind: "text", name: "txt", mediaType: "text/plain", text: "x" },
    { kind: "text", name: "alt", mediaType: "text/plain", text: "y" },
  ],
  attributes: { w: 1, h: 2, d: 3 },
};

async function opened(options: unknown) {
  return rename.open(rename.options.parse(options), { seed: 0, signal: new AbortController().signal });
}

async function renamed(options: unknown): Promise<Sample> {
  const outcome = await (await opened(options)).apply(input);
  if (outcome.kind !== "keep") throw new Error("expected keep");
  return outcome.sample;
}

describe("rename", () => {
  it("renames attributes in their place", async () => {
    const { attributes, parts } = await renamed({ attributes: { h: "heightPixels" } });
    expect(Object.entries(attributes)).toEqual([
      ["w", 1],
      ["heightPixels", 2],
      ["d", 3],
    ]);
    expect(parts).toBe(input.parts);
  });

  it("renames all at once, so that names can be swapped", async () => {
    expect((await renamed({ attributes: { w: "h", h: "w" } })).attributes).toEqual({ h: 1, w: 2, d: 3 });
    expect((await renamed({ parts: { txt: "alt", alt: "txt" } })).parts.map((part) => part.name)).toEqual([
      "alt",
      "txt",
    ]);
  });

  it("may name an attribute as every object's own", async () => {
    const { attributes } = await renamed({ attributes: { w: "__proto__" } });
    expect(Object.keys(attributes)).toEqual(["__proto__", "h", "d"]);
  });

  it("passes over parts that are not there", async () => {
    expect((await renamed({ parts: { jpg: "image", txt: "caption" } })).parts.map((part) => part.name)).toEqual([
      "caption",
      "alt",
    ]);
  });

  it("fails a sample rather than lose something", async () => {
    const fails = async (options: unknown, code: string) => {
      const operator = await opened(options);
      expect(() => operator.apply(input)).toThrowError(expect.objectContaining({ code }));
    };
    await fails({ attributes: { depth: "z" } }, "ATTRIBUTE_MISSING");
    await fails({ attributes: { toString: "z" } }, "ATTRIBUTE_MISSING");
    await fails({ attributes: { w: "h" } }, "NAME_TAKEN");
    await fails({ attributes: { d: "w" } }, "NAME_TAKEN");
    await fails({ parts: { txt: "alt" } }, "NAME_TAKEN");
  });

  it("tells later steps the new names", () => {
    expect(rename.signature({ attributes: { a: "b", b: "c" } })).toEqual({
      reads: ["a", "b"],
      writes: ["b", "c"],
      removes: ["a"],
      parts: [],
    });
  });

  it.each([{}, { attributes: { a: "x", b: "x" } }, { attributes: { a: "" } }])("refuses %j", (options) => {
    expect(rename.options.safeParse(options).success).toBe(false);
  });
});
