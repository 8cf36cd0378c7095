import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const sources = fileURLToPath(new URL("../src/kernels/assembly/", import.meta.url));
const targets = fileURLToPath(new URL("../src/kernels/wasm/", import.meta.url));

/** Names of the kernels: `resample` for src/kernels/assembly/resample.ts. */
export function kernelNames(): readonly string[] {
  return readdirSync(sources)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

/** Path of the module that holds the compiled kernel. */
export function kernelModulePath(name: string): string {
  return `${targets}${name}-wasm.ts`;
}

/** Text of the module: the compiled kernel in base64, so that a build has no second kind of file to carry along. */
export async function compileKernel(name: string): Promise<string> {
  const flags = ["--enable", "simd", "--runtime", "stub", "-O3", "--noAssert"];
  let binary: Uint8Array | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([`${name}.ts`, ...flags, "-o", `${name}.wasm`], {
    readFile: (file) => (existsSync(`${sources}${file}`) ? readFileSync(`${sources}${file}`, "utf8") : null),
    writeFile: (_file, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
    stderr: messages,
  });
  if (error !== null || binary === undefined) throw new Error(`${name}: ${messages.toString()}`, { cause: error });
  const text = Buffer.from(binary).toString("base64");
  return `// Made by scripts/build-kernels.ts from src/kernels/assembly/${name}.ts.\nexport const ${camelCase(name)}Wasm =\n  "${text}";\n`;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of kernelNames()) writeFileSync(kernelModulePath(name), await compileKernel(name));
}
