import { existsSync } from "node:fs";

/** The nearest folder above this code that has a package.json, wherever building has put the code. */
const root = packageRoot();
const [folder, suffix] = import.meta.url.endsWith(".ts") ? ["src", ".ts"] : ["dist", ".js"];

/** A file of this package, by its path below the package's folder. */
export function packageFile(path: string): URL {
  return new URL(path, root);
}

/** A module that a process can be started with or that can be imported by its address: `worker/main`, say. */
export function entryModule(name: string): URL {
  return packageFile(`${folder}/${name}${suffix}`);
}

function packageRoot(): URL {
  const own = new URL(".", import.meta.url);
  for (let above = own; ; above = new URL("..", above)) {
    if (existsSync(new URL("package.json", above))) return above;
    if (above.href === new URL("..", above).href) return own;
  }
}
