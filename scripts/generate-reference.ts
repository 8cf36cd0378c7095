import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { builtinCatalog } from "../src/builtin-catalog.ts";
import { referencePages } from "./reference-pages.ts";

const folder = fileURLToPath(new URL("../docs/reference/", import.meta.url));

/** Names of the files in docs/reference/ that are not what the schemas say: changed, missing or left over. */
export async function staleReferencePages(): Promise<readonly string[]> {
  const pages = await referencePages(builtinCatalog);
  const present = new Set(readdirSync(folder));
  const changed = [...pages].filter(
    ([name, text]) => !present.has(name) || readFileSync(path.join(folder, name), "utf8") !== text,
  );
  return [...changed.map(([name]) => name), ...[...present].filter((name) => !pages.has(name))];
}

async function writeReferencePages(): Promise<void> {
  const pages = await referencePages(builtinCatalog);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(path.join(folder, name));
  for (const [name, text] of pages) writeFileSync(path.join(folder, name), text);
}

if (import.meta.main) {
  if (process.argv.includes("--check")) {
    const stale = await staleReferencePages();
    if (stale.length > 0) {
      process.stderr.write(
        `stale in docs/reference: ${stale.join(", ")}. Run \`npm run generate\` and commit the result\n`,
      );
      process.exit(1);
    }
  } else {
    await writeReferencePages();
  }
}
