import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkLayers } from "../../scripts/check-layers.ts";
import type { LayerRules } from "../../scripts/layer-rules.ts";

const rules: LayerRules = {
  order: [["model"], ["storage", "media"], ["cli"]],
  everywhere: ["model"],
  imports: { cli: ["storage", "media"] },
  lazyPackages: ["sharp"],
  lazyFolders: { "storage/s3": ["sharp"] },
  emptyWords: ["utils", "manager"],
};

const sound = {
  "src/model/sample.ts": "export const sample = 1;\n",
  "src/storage/uri.ts": 'import { sample } from "../model/sample.ts";\nexport const uri = sample;\n',
  "src/media/image/decode.ts":
    'import type { Sharp } from "sharp";\nexport const load = async () => (await import("sharp")).default;\n',
  "src/media/audio/probe.ts": "export const probe = 1;\n",
  "src/storage/s3/client.ts": 'import sharp from "sharp";\nexport const client = sharp;\n',
  "src/storage/open.ts": 'export const open = () => import("./s3/client.ts");\n',
  "src/cli/main.ts": 'import { uri } from "../storage/uri.ts";\nimport { probe } from "../media/audio/probe.ts";\n',
};

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function violations(changes: { readonly [file: string]: string }, changedRules: LayerRules = rules): readonly string[] {
  const root = mkdtempSync(path.join(tmpdir(), "layers-"));
  folders.push(root);
  writeFileSync(path.join(root, "package.json"), '{ "dependencies": { "sharp": "1.0.0" } }');
  for (const [file, text] of Object.entries({ ...sound, ...changes })) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return checkLayers(root, changedRules);
}

describe("checkLayers", () => {
  test("finds nothing in a sound tree", () => {
    expect(violations({})).toEqual([]);
  });

  test.each([
    [
      "an import downwards",
      "model/id.ts",
      'import { uri } from "../storage/uri.ts";\n',
      "model may not import storage",
    ],
    [
      "a type import downwards",
      "model/id.ts",
      'import type { A } from "../cli/main.ts";\n',
      "model may not import cli",
    ],
    [
      "a sibling",
      "storage/s3.ts",
      'import { probe } from "../media/audio/probe.ts";\n',
      "storage may not import media",
    ],
    ["a re-export of a sibling", "storage/s3.ts", 'export { p } from "../media/audio/probe.ts";\n', "storage may not"],
    ["a dynamic import of a sibling", "storage/s3.ts", 'await import("../media/audio/probe.ts");\n', "storage may not"],
    ["a sibling subfolder", "media/image/b.ts", 'import { probe } from "../audio/probe.ts";\n', "media/image may not"],
    ["a file outside of src", "model/id.ts", 'import { x } from "../../scripts/x.ts";\n', "lies outside of src/"],
    ["a heavy package at the top", "cli/a.ts", 'import sharp from "sharp";\n', "imports sharp at the top level"],
    ["a heavy package for effect", "cli/a.ts", 'import "sharp";\n', "imports sharp at the top level"],
    ["an inline type import, which still loads", "cli/a.ts", 'import { type Sharp } from "sharp";\n', "imports sharp"],
    ["a heavy package's inner file", "cli/a.ts", 'import {\n  a,\n} from "sharp/lib/a.js";\n', "imports sharp"],
    [
      "a lazy folder at the top",
      "storage/a.ts",
      'import { client } from "./s3/client.ts";\n',
      "src/storage/s3 loads with `await import()` only",
    ],
    ["an empty word in a file name", "model/id-utils.ts", "export const a = 1;\n", '"utils" in a name says nothing'],
    ["an empty word in a folder name", "model/utils/id.ts", "export const a = 1;\n", '"utils" in a name'],
    ["an empty word in an export", "model/id.ts", "export class RunManager {}\n", '"manager" in the name RunManager'],
    ["a barrel", "model/index.ts", 'export { sample } from "./sample.ts";\n', "a barrel"],
    ["export *", "model/id.ts", 'export * from "./sample.ts";\n', "name what is exported"],
    ["a folder without a place", "server/health.ts", "export const a = 1;\n", "src/server has no place"],
  ])("reports %s", (_, file, text, message) => {
    const found = violations({ [`src/${file}`]: text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  test("lets tests import what they test, and comments say what they like", () => {
    expect(
      violations({
        "src/model/id.test.ts": 'import { uri } from "../storage/uri.ts";\n',
        "src/model/id.ts": '/**\n * import { uri } from "../storage/uri.ts";\n */\nexport const a = 1;\n',
      }),
    ).toEqual([]);
  });

  test.each<[string, Partial<LayerRules>, string]>([
    [
      "an unused edge",
      { imports: { ...rules.imports, storage: ["model"], media: ["model"] } },
      "media -> model is stale",
    ],
    ["a folder that is gone", { order: [...rules.order, ["server"]] }, "src/server, which does not exist"],
    ["an edge that points down", { imports: { ...rules.imports, storage: ["media"] } }, "does not point to an earlier"],
    ["a package that is gone", { lazyPackages: ["sharp", "eld"] }, "names eld, which is no dependency"],
  ])("reports a stale rule: %s", (_, change, message) => {
    expect(violations({}, { ...rules, ...change }).join("\n")).toContain(message);
  });
});
