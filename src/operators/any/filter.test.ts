import { describe, expect, it } from "vitest";
import type { Sample } from "../../model/sample.ts";
import { filter } from "./filter.ts";

const input = (attributes: Sample["attributes"]): Sample => ({ id: "a", parts: [], attributes });

describe("filter", () => {
  it("keeps the sample itself where the expression holds, and drops it where not", async () => {
    const operator = await filter.open({ where: "width >= 200" }, { seed: 0, signal: new AbortController().signal });
    const wide = input({ width: 200 });
    expect(operator.apply(wide)).toEqual({ kind: "keep", sample: wide });
    expect(operator.apply(input({ width: 199 }))).toMatchObject({ kind: "drop", reason: "expression" });
    expect(() => operator.apply(input({}))).toThrowError(expect.objectContaining({ code: "ATTRIBUTE_MISSING" }));
  });

  it("tells `check` what it reads, and where it is wrong", () => {
    expect(filter.signature({ where: "width > 3 and coalesce(lang, 'en') == 'en'" })).toEqual({
      reads: ["width"],
      readsIfPresent: ["lang"],
      writes: [],
      parts: [],
    });
    expect(() => filter.signature({ where: "width >" })).toThrowError(
      expect.objectContaining({ code: "INVALID_EXPRESSION" }),
    );
  });
});
