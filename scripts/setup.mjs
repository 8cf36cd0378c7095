// Runs on the machine's own Node (18 or newer), before anything is installed: plain JavaScript, no dependencies.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The Node that the project pins: everything beyond this file runs on it. */
export const pinnedNode = nodeIn(root);

/** Makes node_modules what package-lock.json says. Quiet when it is already. */
export function setup() {
  const reason = whyInstall(root);
  if (reason !== undefined) install(reason);
}

/** Undefined when every locked package is installed in `folder` at its locked version. */
export function whyInstall(folder) {
  const installed = readJson(folder, "node_modules/.package-lock.json")?.packages;
  if (installed === undefined) return "nothing is installed yet";
  if (!existsSync(nodeIn(folder))) return "the pinned Node is missing";
  const locked = readJson(folder, "package-lock.json")?.packages ?? {};
  const manifest = readJson(folder, "package.json") ?? {};
  for (const group of ["dependencies", "devDependencies", "optionalDependencies"]) {
    if (!sameEntries(manifest[group], locked[""]?.[group])) return `${group} in package.json changed`;
  }
  for (const [location, entry] of Object.entries(locked)) {
    if (location === "") continue;
    const present = installed[location];
    if (present === undefined && entry.optional === true) continue;
    if (present?.version !== entry.version || present?.integrity !== entry.integrity) return `${location} changed`;
  }
  return undefined;
}

function install(reason) {
  process.stderr.write(`setup: ${reason}; running npm ci …\n`);
  const npm = process.env.npm_execpath;
  const flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--include=dev"];
  const started = Date.now();
  if (npm?.endsWith(".js")) run(process.execPath, [npm, ...flags], "npm ci");
  else run(process.platform === "win32" ? "npm.cmd" : "npm", flags, "npm ci");
  if (!existsSync(pinnedNode)) {
    fail(`npm ci finished, but ${path.relative(root, pinnedNode)} is missing: were install scripts switched off?`);
  }
  process.stderr.write(`setup: installed in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

/** Shows the output of a command only when it fails. */
function run(command, args, what) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    shell: process.platform === "win32" && command.endsWith(".cmd"),
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  fail(`${what} failed (${result.error?.message ?? `exit code ${result.status}`}): see the lines above`);
}

function sameEntries(a = {}, b = {}) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function nodeIn(folder) {
  return path.join(folder, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
}

function readJson(folder, file) {
  const absolute = path.join(folder, file);
  return existsSync(absolute) ? JSON.parse(readFileSync(absolute, "utf8")) : undefined;
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) setup();
