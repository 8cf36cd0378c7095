import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type LayerRules, layerRules } from "./layer-rules.ts";
import { readImports, type SourceImport } from "./source-imports.ts";

interface SourceFile {
  /** Path below src/, `/` between its segments. */
  readonly path: string;
  readonly unit: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

/**
 * Holds every file of `<root>/src` against the rules. Test files are free to import what they test.
 * Returns one sentence a violation, empty when all is well.
 */
export function checkLayers(root: string, rules: LayerRules): readonly string[] {
  const files = sourceFiles(path.join(root, "src"));
  return [
    ...orderViolations(rules),
    ...files.flatMap((file) => [...importViolations(file, rules), ...nameViolations(file, rules)]),
    ...staleRules(files, root, rules),
  ];
}

function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.endsWith(".d.ts"))
    .sort()
    .map((name) => {
      const text = readFileSync(path.join(folder, name), "utf8");
      return { path: name, unit: unitOf(name), text, imports: readImports(text) };
    });
}

function unitOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function folderOf(file: string): string {
  return path.posix.dirname(file);
}

function rankOf(unit: string, rules: LayerRules): number {
  return rules.order.findIndex((row) => row.includes(unit));
}

function orderViolations(rules: LayerRules): readonly string[] {
  return Object.entries(rules.imports).flatMap(([unit, targets]) =>
    targets
      .filter((target) => rankOf(target, rules) === -1 || rankOf(target, rules) >= rankOf(unit, rules))
      .map((target) => `the rule ${unit} -> ${target} does not point to an earlier row of \`order\``),
  );
}

function importViolations(file: SourceFile, rules: LayerRules): readonly string[] {
  return file.imports.flatMap((one) => {
    const place = `src/${file.path}:${one.line}`;
    if (!one.from.startsWith(".")) {
      const heavy = rules.lazyPackages.find((name) => one.from === name || one.from.startsWith(`${name}/`));
      if (heavy === undefined || one.kind !== "static") return [];
      if (rules.lazyFolders[folderOf(file.path)]?.includes(heavy) === true) return [];
      return [`${place}: imports ${heavy} at the top level; load it with \`await import()\` inside \`open()\``];
    }
    const target = path.posix.join(path.posix.dirname(file.path), one.from);
    if (target.startsWith("..")) return [`${place}: imports ${one.from}, which lies outside of src/`];
    const lazy = folderOf(target);
    if (one.kind === "static" && rules.lazyFolders[lazy] !== undefined && folderOf(file.path) !== lazy)
      return [`${place}: imports ${target} at the top level; src/${lazy} loads with \`await import()\` only`];
    return edgeViolation(file, target, rules).map((message) => `${place}: ${message}`);
  });
}

function edgeViolation(file: SourceFile, target: string, rules: LayerRules): readonly string[] {
  const unit = unitOf(target);
  if (unit !== file.unit) {
    const isFoundation = rules.everywhere.includes(unit) && rankOf(unit, rules) < rankOf(file.unit, rules);
    const isAllowed = isFoundation || rules.imports[file.unit]?.includes(unit) === true;
    return isAllowed ? [] : [`${file.unit} may not import ${unit} (${target})`];
  }
  const [, from] = file.path.split("/").slice(0, -1);
  const [, to] = target.split("/").slice(0, -1);
  if (from === undefined || to === undefined || from === to) return [];
  return [`${file.unit}/${from} may not import its sibling ${unit}/${to} (${target}): move what both need up`];
}

function nameViolations(file: SourceFile, rules: LayerRules): readonly string[] {
  const found: string[] = [];
  for (const word of file.path.replace(/\.ts$/, "").split(/[/.-]/)) {
    if (rules.emptyWords.includes(word)) found.push(`src/${file.path}: "${word}" in a name says nothing`);
  }
  if (file.path !== "index.ts" && path.posix.basename(file.path) === "index.ts") {
    found.push(`src/${file.path}: a barrel; import from the file that has the thing`);
  }
  if (/^export \* from /m.test(file.text)) found.push(`src/${file.path}: \`export *\`; name what is exported`);
  for (const match of file.text.matchAll(
    /^export (?:abstract |async |declare )*(?:class|const|function|interface|type) (\w+)/gm,
  )) {
    const name = match[1] ?? "";
    const words = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
    const empty = words.find((word) => rules.emptyWords.includes(word));
    if (empty !== undefined) found.push(`src/${file.path}: "${empty}" in the name ${name} says nothing`);
  }
  return found;
}

function staleRules(files: readonly SourceFile[], root: string, rules: LayerRules): readonly string[] {
  const units = new Set(files.map((file) => file.unit));
  const used = new Set(
    files.flatMap((file) =>
      file.imports
        .filter((one) => one.from.startsWith("."))
        .map((one) => `${file.unit} -> ${unitOf(path.posix.join(path.posix.dirname(file.path), one.from))}`),
    ),
  );
  const ranked = rules.order.flat();
  const manifest = readFileSync(path.join(root, "package.json"), "utf8");
  return [
    ...ranked.filter((unit) => !units.has(unit)).map((unit) => `\`order\` names src/${unit}, which does not exist`),
    ...[...units].filter((unit) => !ranked.includes(unit)).map((unit) => `src/${unit} has no place in \`order\``),
    ...Object.entries(rules.imports).flatMap(([unit, targets]) =>
      targets
        .map((target) => `${unit} -> ${target}`)
        .filter((edge) => !used.has(edge))
        .map((edge) => `the rule ${edge} is stale: no file needs it`),
    ),
    ...Object.entries(rules.lazyFolders).flatMap(([folder, packages]) =>
      packages
        .filter(
          (name) =>
            !files.some((file) => folderOf(file.path) === folder && file.imports.some((one) => one.from === name)),
        )
        .map((name) => `\`lazyFolders\` lets src/${folder} import ${name}, which none of its files does`),
    ),
    ...rules.lazyPackages
      .filter((name) => !manifest.includes(`"${name}":`))
      .map((name) => `\`lazyPackages\` names ${name}, which is no dependency`),
  ];
}

if (import.meta.main) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const violations = checkLayers(root, layerRules);
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  if (violations.length > 0) {
    process.stderr.write(`${violations.length} violations of the layers. The rules are in scripts/layer-rules.ts\n`);
    process.exit(1);
  }
}
