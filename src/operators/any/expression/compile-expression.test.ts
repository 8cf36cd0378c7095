import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PipelineError } from "../../../model/errors.ts";
import type { Attributes } from "../../../model/sample.ts";
import { compileExpression } from "./compile-expression.ts";

const sample: Attributes = {
  width: 640,
  height: 480,
  language: "en",
  caption: "A dog 🐕 runs",
  isPublic: true,
  nothing: null,
  tags: ["dog", "park"],
  meta: { camera: { make: "ACME" }, "odd key": 3, sizes: [10, 20] },
  "odd name": 7,
};

function holds(text: string, attributes: Attributes = sample): boolean {
  return compileExpression(text).holds(attributes);
}

function errorOf(run: () => unknown): PipelineError {
  try {
    run();
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error("expected an error");
}

describe("what an expression says", () => {
  it.each([
    ["width >= 640 and height < 1e3", true],
    ["width > 640", false],
    ["width / height == 4 / 3", true],
    ["width % 7 == 3 && width - 1 == 639", true],
    ["1 + 2 * 3 == 7", true],
    ["(1 + 2) * 3 == 9", true],
    ["10 - 2 - 3 == 5", true],
    ["-width < 0", true],
    ["- -1 == 1", true],
    [".5 < 1.5E-1", false],
    ["isPublic", true],
    ["not isPublic or !isPublic", false],
    ["not width == 3", true],
    ["not not isPublic", true],
    ["true or width / 0 > 'x'.length", null],
    ["language in ['en', \"de\"]", true],
    ["language not in ['en', 'de']", false],
    ["width in [640, height]", true],
    ["'dog' in tags", true],
    ["[1, 2] == [1, 2]", true],
    ["meta.sizes == [10, 20]", true],
    ["meta.camera.make == 'ACME'", true],
    ["meta['odd key'] == 3 and meta.sizes[1] == 20", true],
    ["attributes['odd name'] == 7 and attributes[\"meta\"].sizes[0] == 10", true],
    ["nothing == null", true],
    ["width == '640'", false],
    ["width != '640'", true],
    ["language < 'f' and language >= 'en'", true],
    ["height < width", true],
    ["length(caption) == 12 and length(tags) == 2 and length(meta) == 3", true],
    ["lower('ÄB') == 'äb' and upper('äb') == 'ÄB'", true],
    ["contains(caption, 'dog') and contains(tags, 'park') and not contains(tags, 'par')", true],
    ["startsWith(caption, 'A ') and endsWith(caption, 'runs')", true],
    ["matchesGlob(caption, 'A*dog*run?') and not matchesGlob(caption, 'dog*')", true],
    ["min(width, height) == 480 and max(1, 5, 3) == 5", true],
    ["abs(-2) == 2 and round(2.5) == 3", true],
    ["exists(width) and not exists(depth) and not exists(meta.lens.make)", true],
    ["coalesce(depth, nothing, 3) == 3", true],
    ["coalesce(depth, nothing) == null", true],
    ["exists(depth) and depth > 3", false],
    ["width > 100 ? language == 'en' : false", true],
    ["false ? true : width == 1 ? true : height == 480", true],
    ["'it\\'s\\n\\u0041' == \"it's\\nA\"", true],
    ["width > 1 or depth > 1", true],
  ])("%s", (text, expected) => {
    if (expected === null) expect(errorOf(() => holds(text)).code).toBe("INVALID_EXPRESSION");
    else expect(holds(text)).toBe(expected);
  });

  it("finds what JavaScript objects inherit nowhere", () => {
    for (const name of ["constructor", "toString", "__proto__", "meta.constructor", "tags.length"])
      expect(holds(`exists(${name})`)).toBe(false);
    expect(errorOf(() => holds("constructor == 1")).code).toBe("ATTRIBUTE_MISSING");
    expect(holds("constructor == 1", { constructor: 1 })).toBe(true);
  });

  it("orders numbers as JavaScript does", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        expect(holds("a < b", { a, b })).toBe(a < b);
        expect(holds("a >= b", { a, b })).toBe(a >= b);
        expect(holds("a * 2 - b > 0", { a, b })).toBe(a * 2 - b > 0);
      }),
    );
  });

  it("reads every number that JSON can write", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), (x) => {
        expect(holds(`x == ${JSON.stringify(x)}`, { x })).toBe(true);
      }),
    );
  });
});

describe("what it reads", () => {
  it("tells needed attributes from those that it asks for", () => {
    const { reads, readsIfPresent } = compileExpression(
      "width > 3 and (exists(language) ? language == 'en' : coalesce(depth, 1) < height) and meta.camera.make in tags",
    );
    expect(reads).toEqual(["height", "meta", "tags", "width"]);
    expect(readsIfPresent).toEqual(["depth", "language"]);
  });
});

describe("what is wrong with an expression", () => {
  it.each([
    ["width > )", 8, 'expected a value, found ")"'],
    ["width >", 7, "expected a value, found the end"],
    ["width = 3", 6, 'use "=="'],
    ["width & 3", 6, 'use "&&"'],
    ["1 < width < 3", 10, "do not chain"],
    ["width height", 6, "expected an operator or the end"],
    ["'abc", 0, "never ends"],
    ["'a\\x' == 'a'", 2, "unknown escape"],
    ["width > 3px", 9, "ends in a letter"],
    ["width # 3", 6, 'unexpected character "#"'],
    ["lenght(caption) > 3", 0, 'did you mean "length"'],
    ["matches(caption, 'a*')", 0, 'did you mean "matchesGlob"'],
    ["caption.startsWith('a')", 18, "functions stand in front: startsWith(caption, ...)"],
    ["startsWith(caption)", 0, "expected startsWith(text, start), found 1 arguments"],
    ["exists(1)", 7, "takes the name of an attribute"],
    ["width + 1", 6, "expected boolean, found number"],
    ["'a' > 1", 0, "expected number, found string"],
    ["null < width", 0, "expected number or string, found null"],
    ["width in 3", 9, "expected list, found number"],
    ["and", 0, 'expected a value, found "and"'],
    ["attributes == 3", 0, 'expected attributes["name"]'],
    ["meta[width] == 3", 5, "expected a position or a name in quotes"],
    ["", 0, "expected a value, found the end"],
  ])("%s", (text, position, problem) => {
    const error = errorOf(() => compileExpression(text));
    expect(error.code).toBe("INVALID_EXPRESSION");
    expect(error.message).toContain(problem);
    expect(error.details.position).toBe(position);
  });

  it("refuses what is nested too deeply for the stack", () => {
    for (const opening of ["(", "!", "-", "[", "abs("])
      expect(errorOf(() => compileExpression(opening.repeat(1000))).message).toContain("nested too deeply");
  });

  it("puts the caret under the position, in the right line", () => {
    expect(errorOf(() => compileExpression("width > 3\n  and height >\n  and true")).message).toBe(
      'expected a value, found "and" (character 28)\n    and true\n    ^',
    );
  });

  it("keeps the caret in sight in a long line", () => {
    const lines = errorOf(() => compileExpression(`${"width > 3 and ".repeat(100)}!`)).message.split("\n");
    expect(lines[1]?.length).toBeLessThan(110);
    expect((lines[2] ?? "").trimEnd().length).toBeLessThan(110);
  });

  it("survives the longest chain that it accepts", () => {
    const longest = `0${"+1".repeat(2490)} > 0`;
    expect(holds(longest)).toBe(true);
    expect(errorOf(() => compileExpression(`${longest}${" ".repeat(100)}`)).message).toContain(
      "at most 5000 characters",
    );
  });

  it("answers any text with an expression or INVALID_EXPRESSION", () => {
    const fragments = fc.constantFrom(
      ..."width ( ) [ ] , . ? : ! - + == < in not and or 'a' 3 null exists coalesce length min attributes".split(" "),
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), (words) => {
        try {
          compileExpression(words.join(" "));
        } catch (error) {
          expect(error).toBeInstanceOf(PipelineError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is wrong with a sample", () => {
  it("names the missing attribute and what there is", () => {
    const error = errorOf(() => holds("depth > 3", { width: 1, height: 2 }));
    expect(error.code).toBe("ATTRIBUTE_MISSING");
    expect(error.message).toContain('attribute "depth" is missing; the sample has width, height.');
    expect(error.details).toEqual({ attribute: "depth", available: ["width", "height"] });
    expect(errorOf(() => holds("meta.lens > 3")).details.attribute).toBe("meta.lens");
    expect(errorOf(() => holds("depth > 3", {})).message).toContain("has none");
  });

  it.each([
    ["language > 3", "language", "number", "string"],
    ["width < 'a'", "width", "string", "number"],
    ["width < language", "language", "number", "string"],
    ["tags < language", "tags", "number or string", "list"],
    ["nothing < 3", "nothing", "number", "null"],
    ["meta.camera + 1 > 0", "meta.camera", "number", "object"],
    ["width", "width", "boolean", "number"],
    ["width and true", "width", "boolean", "number"],
    ["'a' in language", "language", "list", "string"],
    ["length(width) > 1", "width", "string, list or object", "number"],
    ["contains(width, 'a')", "width", "string or list", "number"],
  ])("%s", (text, attribute, expected, received) => {
    const error = errorOf(() => holds(text));
    expect(error.code).toBe("ATTRIBUTE_TYPE");
    expect(error.details).toEqual({ attribute, expected, received });
    expect(error.message).toBe(`attribute "${attribute}": expected ${expected}, received ${received}`);
  });

  it("matches a hostile pattern in bounded time", () => {
    const text = "a".repeat(20_000);
    expect(holds(`matchesGlob(text, '${"*a".repeat(50)}*b')`, { text })).toBe(false);
  });
});
