// The JavaScript of dist/: few modules in the place of some five hundred, so that a run starts in less time.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));
const source = path.join(root, "src");
const worker = path.join(source, "worker", path.sep);
const executors = path.join(source, "executors", path.sep);
/** Of the worker, but loaded by themselves: before everything else, and only where a profile is wanted. */
const loadedApart: ReadonlySet<string> = new Set(["main.ts", "cpu-profiler.ts"].map((name) => path.join(worker, name)));

/** What is started or imported by its name; see `entryModule` in src/model/package-files.ts. */
const entries = ["index", "testing", "cli/main", "builtin-catalog", "worker/main", "executors/worker-host-main"];

/** Packages whose code becomes part of ours: those that a start would otherwise load module by module. */
const inlined: ReadonlySet<string> = new Set(["commander", "fastest-levenshtein", "yaml", "zod"]);

const licenceFile = /^(?:licen[cs]e|copying)(?:\.(?:md|txt))?$/i;

/** Writes the bundle below `dist`; answers the licences of what it contains of others, as one text. */
export async function bundle(dist: string): Promise<string> {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, path.join(source, `${name}.ts`)])),
    platform: "node",
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id) && !inlined.has(packageOf(id)),
    preserveEntrySignatures: "allow-extension",
  });
  const { output } = await build.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: ({ name }) => (name.startsWith("worker/") ? "[name].js" : "chunks/[name].js"),
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          debugName: "worker",
          name(id, context) {
            if (!id.startsWith(worker) || loadedApart.has(id)) return null;
            const importersOf = (module: string) => context.getModuleInfo(module)?.importers ?? [];
            return isLink(id, importersOf) ? "worker/link" : "worker/engine";
          },
        },
      ],
    },
  });
  await build.close();
  return licencesOf(output.filter((one) => one.type === "chunk"));
}

/**
 * Whether executors, which are part of the coordinator, use the module too. The engine, which they do not load, has a
 * file of its own: a stack that is recorded ends where that file is met.
 */
function isLink(module: string, importersOf: (module: string) => readonly string[]): boolean {
  return importersOf(module).some((importer) =>
    importer.startsWith(worker) ? isLink(importer, importersOf) : importer.startsWith(executors),
  );
}

function packageOf(id: string): string {
  return id
    .split("/")
    .slice(0, id.startsWith("@") ? 2 : 1)
    .join("/");
}

function licencesOf(chunks: readonly OutputChunk[]): string {
  const modules = path.join(root, "node_modules", path.sep);
  const ids = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.startsWith(modules));
  const names = new Set(ids.map((id) => packageOf(id.slice(modules.length).split(path.sep).join("/"))));
  const texts = [...names].sort().map((name) => {
    const folder = path.join(modules, name);
    const file = readdirSync(folder).find((one) => licenceFile.test(one));
    if (file === undefined) throw new Error(`${name} is inlined and has no licence file: see scripts/bundle.ts`);
    return `${name} ${versionOf(folder)}\n\n${readFileSync(path.join(folder, file), "utf8").trim()}\n`;
  });
  return `The files of this folder contain code of these packages, each under its own licence.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function versionOf(folder: string): string {
  const manifest: { readonly version?: string } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  return manifest.version ?? "";
}
