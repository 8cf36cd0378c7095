// A registry mirror can lack the packages of other platforms. npm then writes no entry for them, and `npm ci`
// refuses the lock file. This adds the entries that npm would have written, without `integrity`.
// Run it after every change of a dependency: `node scripts/complete-lockfile.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

const lockEntry = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  dev: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});

export const lockSchema = z.looseObject({ packages: z.record(z.string(), lockEntry) });

type LockEntry = z.infer<typeof lockEntry>;
type Packages = { readonly [location: string]: LockEntry };

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** Platform packages that some locked package wants and the lock file does not describe. */
export function missingEntries(packages: Packages): readonly (readonly [location: string, entry: LockEntry])[] {
  return Object.entries(packages).flatMap(([location, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isDescribed(packages, location, name))
      .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, entry.dev === true)] as const),
  );
}

/** Looks where Node would: beside the package first, then in every folder above. */
function isDescribed(packages: Packages, location: string, name: string): boolean {
  const folders = location === "" ? [] : location.split("/node_modules/");
  for (let depth = folders.length; depth >= 0; depth--) {
    const folder = folders.slice(0, depth).join("/node_modules/");
    if (packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`] !== undefined) return true;
  }
  return false;
}

function entryOf(name: string, version: string, isDev: boolean): LockEntry {
  const words = name.split(/[^a-z0-9]+/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (!/^\d+\.\d+\.\d+/.test(version) || cpu.length !== 1) {
    throw new Error(`cannot tell the platform of ${name}@${version}: add its entry to package-lock.json by hand`);
  }
  const libc = words.includes("musl") ? ["musl"] : words.some((word) => word.startsWith("gnu")) ? ["glibc"] : [];
  return {
    version,
    cpu,
    ...(isDev ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

if (import.meta.main) {
  const file = new URL("../package-lock.json", import.meta.url);
  const anything = z.record(z.string(), z.unknown());
  const lock = anything.parse(JSON.parse(readFileSync(file, "utf8")));
  const missing = missingEntries(lockSchema.parse(lock).packages);
  const packages = [...Object.entries(anything.parse(lock.packages)), ...missing];
  packages.sort(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${missing.length} entries added\n`);
}
