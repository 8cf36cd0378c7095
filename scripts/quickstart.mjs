// Starts on the machine's own Node; the rest runs on the pinned one.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pinnedNode, setup } from "./setup.mjs";

setup();
const script = new URL("./quickstart.ts", import.meta.url);
const result = spawnSync(pinnedNode, [fileURLToPath(script), ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = result.status ?? 1;
