import { expect, test } from "vitest";
import { documentOfValue, parsePipelineFile } from "./parse-pipeline-file.ts";

const messageOf = (text: string): string => {
  try {
    parsePipelineFile(text, "p.yaml");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no error";
};

test.each([
  ["a: 1\na: 2\n", "p.yaml:2:1: not valid YAML: this key appears twice; keep one\n  2 | a: 2\n    | ^"],
  [
    "source: files: x\r\n",
    "p.yaml:1:9: not valid YAML: a second `key:` on one line; put it on its own line, or write `{ key: value }`\n" +
      "  1 | source: files: x\n    |         ^",
  ],
  [
    "run:\n\tworkers: 1\n",
    "p.yaml:2:1: not valid YAML: this line is indented with a tab; indent with spaces\n  2 |  workers: 1\n    | ^",
  ],
  [
    "a: 1\n---\nb: 2\n",
    "p.yaml:2:1: not valid YAML: a second document begins here; a pipeline file holds one pipeline\n  2 | ---\n    | ^",
  ],
  [
    "a: !!js/function x\n",
    "p.yaml:1:4: not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function; tags are not used in pipeline files\n" +
      "  1 | a: !!js/function x\n    |    ^",
  ],
  ["a: 1\nb: *x\n", "p.yaml:2:4: not valid YAML: no `&x` stands before `*x`\n  2 | b: *x\n    |    ^"],
  [
    '{"a": 1,\n "b" 2}',
    'p.yaml:2:6: not valid YAML: missing , or : between flow map items\n  2 |  "b" 2}\n    |      ^',
  ],
  ["a: &x [*x]\n", 'p.yaml:1:8: "a[0]": refers to itself.\n  1 | a: &x [*x]\n    |        ^'],
  ["a: [1, .nan]\n", 'p.yaml:1:8: "a[1]": expected a finite number, received NaN.\n  1 | a: [1, .nan]\n    |        ^'],
])("%j is refused with its place", (text, message) => {
  expect(messageOf(text)).toBe(message);
});

test("aliases that multiply are refused before they fill the memory", () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    return `l${level}: &l${level} [${Array(9)
      .fill(level === 0 ? "x" : `*l${level - 1}`)
      .join(", ")}]`;
  });
  expect(messageOf(levels.join("\n"))).toContain("Excessive alias count indicates a resource exhaustion attack");
});

test("a long line is shown around the place", () => {
  const text = `${"k: [".padEnd(5000, "1,")} .inf]`;
  const [first = "", line = "", caret = ""] = messageOf(text).split("\n");
  expect(first).toContain("p.yaml:1:");
  expect(line.length).toBeLessThan(140);
  expect(line.slice(caret.indexOf("^"))).toBe(".inf]");
});

test("JSON, tabs and all, is a pipeline file too", () => {
  expect(parsePipelineFile('{\n\t"a": {\n\t\t"b": [1, null]\n\t}\n}', "p.json").value).toEqual({ a: { b: [1, null] } });
});

test("YAML 1.2: `no` is a word and `1:20` is no number", () => {
  expect(parsePipelineFile("mode: no\nat: 1:20\n", "p.yaml").value).toEqual({ mode: "no", at: "1:20" });
});

test("`null` is a name where a component's name stands, and nothing else elsewhere", () => {
  const valueOf = (text: string) => parsePipelineFile(text, "p.yaml").value;
  expect(valueOf("sink: null\nsteps: null\n")).toEqual({ sink: "null", steps: null });
  expect(valueOf('{"sink": null}')).toEqual({ sink: "null" });
  expect(valueOf("sink: { null: {} }\n")).toEqual({ sink: { null: {} } });
  expect(valueOf("sink:\nrun: { x: null, sink: null }\n")).toEqual({ sink: null, run: { x: null, sink: null } });
  expect(valueOf("sink: ~\n")).toEqual({ sink: null });
});

test("aliases stand for what they name", () => {
  expect(parsePipelineFile("a: &x { b: 1 }\nc: *x\n", "p.yaml").value).toEqual({ a: { b: 1 }, c: { b: 1 } });
});

test("places are those of keys and values, and of the nearest thing around what is absent", () => {
  const { placeOf } = parsePipelineFile("steps:\n  - blur:\n      min: 3\n  - hash\n", "p.yaml");
  const at = (path: readonly (string | number)[], what: "key" | "value") => {
    const place = placeOf(path, what);
    return [place?.line, place?.column];
  };
  expect(at(["steps", 0, "blur", "min"], "key")).toEqual([3, 7]);
  expect(at(["steps", 0, "blur", "min"], "value")).toEqual([3, 12]);
  expect(at(["steps", 0, "blur", "max"], "key")).toEqual([2, 5]);
  expect(at(["steps", 1, "hash", "bits"], "key")).toEqual([4, 5]);
  expect(at(["steps", 7], "key")).toEqual([1, 1]);
  expect(at(["sink"], "key")).toEqual([1, 1]);
});

test("a document made in code has no places, and drops what is undefined", () => {
  const document = documentOfValue({ a: undefined, b: [1] }, "code");
  expect(document.value).toEqual({ b: [1] });
  expect(document.placeOf(["b"], "key")).toBeUndefined();
  expect(() => documentOfValue({ b: [() => 1] }, "code")).toThrow(
    '"b[0]": expected plain data (text, numbers, true or false, lists, mappings), received a function.',
  );
});
