import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { lastLine } from "./measure-command.ts";

const list = path.join(import.meta.dirname, "../peers.txt");
const folder = path.join(import.meta.dirname, "../../.cache/bench/peers");

/** A virtual environment of peers.txt. */
interface PeerEnvironment {
  readonly name: string;
  readonly requirements: readonly string[];
}

export function parsePeers(text: string): readonly PeerEnvironment[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", ...requirements] = line.split(/\s+/);
      return { name, requirements };
    });
}

export const python = (name: string) => path.join(folder, name, "bin/python");
const failureFile = (name: string) => path.join(folder, `${name}.failed`);

/** Installs what peers.txt names, or some of it. What does not install is written down for the results. */
export function installPeers(names: readonly string[], say: (line: string) => void): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, requirements } of parsePeers(readFileSync(list, "utf8"))) {
    if (names.length > 0 && !names.includes(name)) continue;
    rmSync(failureFile(name), { force: true });
    const interpreter = process.env.PYTHON ?? "python3";
    const made =
      existsSync(python(name)) || spawnSync(interpreter, ["-m", "venv", path.join(folder, name)]).status === 0;
    const pip = spawnSync(python(name), ["-m", "pip", "install", "--quiet", ...requirements], { encoding: "utf8" });
    if (made && pip.status === 0) say(`${name}: ${Object.values(installedVersions(name)).length} packages`);
    else {
      const reason = made ? lastLine(pip.stderr) : `${interpreter} makes no virtual environment`;
      writeFileSync(failureFile(name), reason);
      say(`${name}: does not install: ${reason}`);
    }
  }
}

/** Why an environment cannot be used; undefined when it can. */
export function missingPeer(name: string): string | undefined {
  if (existsSync(failureFile(name))) return `does not install: ${readFileSync(failureFile(name), "utf8")}`;
  return existsSync(python(name)) ? undefined : "not installed: node bench/install-peers.ts";
}

/** Versions of the packages that peers.txt asks for by name, of the named environments that are there. */
export function peerVersions(environments: readonly string[]): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const { name, requirements } of parsePeers(readFileSync(list, "utf8"))) {
    if (!environments.includes(name) || missingPeer(name) !== undefined) continue;
    const installed = installedVersions(name);
    for (const requirement of requirements) {
      const wanted = requirement.split(/[=[]/, 1).join("");
      const version = installed[plain(wanted)];
      if (version !== undefined && requirement.includes("==")) versions[wanted] = version;
    }
  }
  return versions;
}

/** Told by the names of the folders that pip leaves: asking each interpreter takes seconds. */
function installedVersions(name: string): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const library of readdirSync(path.join(folder, name, "lib"))) {
    const packages = path.join(folder, name, "lib", library, "site-packages");
    for (const entry of readdirSync(packages)) {
      const [, wanted, version] = /^(.+)-([^-]+)\.dist-info$/.exec(entry) ?? [];
      if (wanted !== undefined && version !== undefined) versions[plain(wanted)] = version;
    }
  }
  return versions;
}

/** One spelling for what pip takes for the same name. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}
