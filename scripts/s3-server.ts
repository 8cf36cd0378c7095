// The S3 server of the tests: versitygw, real files underneath. `node scripts/s3-server.ts` installs it into .cache,
// which takes Go and some minutes; `node scripts/s3-server.ts <folder> [port]` serves the folders in a folder as buckets.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const version = "v1.8.0";
const folder = fileURLToPath(new URL(`../.cache/versitygw-${version}`, import.meta.url));
const program = `${folder}/versitygw`;

/** What the server takes; no secret, as nothing but tests is behind it. */
export const serverCredentials = {
  AWS_ACCESS_KEY_ID: "AKIATESTTESTTESTTEST",
  AWS_SECRET_ACCESS_KEY: "test/secret+of+nothing",
};

/** Why there is no server to start; undefined when there is one. */
export function missingServer(): string | undefined {
  return existsSync(program) ? undefined : "versitygw is not installed: node scripts/s3-server.ts";
}

function install(): void {
  mkdirSync(folder, { recursive: true });
  execFileSync("go", ["install", `github.com/versity/versitygw/cmd/versitygw@${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: "-buildvcs=false" },
    stdio: "inherit",
  });
}

export interface RunningServer {
  /** `http://127.0.0.1:40123` */
  readonly endpoint: string;
  readonly child: ChildProcess;
}

/** Serves every folder in `root` as a bucket. The server ends with `child.kill()`. */
export async function startServer(root: string, port?: number): Promise<RunningServer> {
  const chosen = port ?? (await freePort());
  const child = spawn(program, ["--quiet", "--keep-alive", "--port", `127.0.0.1:${chosen}`, "posix", root], {
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: serverCredentials.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: serverCredentials.AWS_SECRET_ACCESS_KEY,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await whenListening(chosen, child);
  return { endpoint: `http://127.0.0.1:${chosen}`, child };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

/** Resolves when a process takes connections. Rejects when it ends before. */
export async function whenListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (isOpen) return;
    await delay(20);
  }
}

if (import.meta.main) {
  const [root, port] = process.argv.slice(2);
  if (missingServer() !== undefined) install();
  if (root !== undefined) {
    const server = await startServer(root, port === undefined ? undefined : Number(port));
    const environment = Object.entries({ AWS_ENDPOINT_URL: server.endpoint, ...serverCredentials });
    process.stdout.write(`${environment.map(([name, value]) => `export ${name}='${value}'`).join("\n")}\n`);
  }
}
