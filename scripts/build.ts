// dist/ = src/ bundled, and its declarations: what `npm pack` publishes.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";

const at = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

// A leftover of a file that was renamed would be published.
rmSync(at("dist"), { recursive: true, force: true });
const { status } = spawnSync(at("node_modules/.bin/tsc"), ["-p", at("tsconfig.build.json")], { stdio: "inherit" });
if (status !== 0) process.exit(1);
writeFileSync(at("dist/THIRD-PARTY-LICENSES"), await bundle(at("dist")));
chmodSync(at("dist/cli/main.js"), 0o755);
