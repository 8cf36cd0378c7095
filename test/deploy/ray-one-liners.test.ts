import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const execute = promisify(execFile);
const image = fileURLToPath(new URL("../../python/image/", import.meta.url));
const rayPython = process.env.RAY_PYTHON;

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  return servers.map((server) => {
    const address = server.address();
    server.close();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
}

/** Ends what runs with this folder in its command line, and nothing else: other Rays may be on the machine. */
async function endAllOf(folder: string): Promise<void> {
  for (const id of await readdir("/proc")) {
    if (!/^\d+$/.test(id)) continue;
    const line = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    if (line.includes(folder)) process.kill(Number(id), "SIGKILL");
  }
}

describe.skipIf(rayPython === undefined)(
  `the lines of Python of the runbook${rayPython === undefined ? " (RAY_PYTHON names no Python with Ray)" : ""}`,
  () => {
    let folder = "";
    let python = "";
    let closedPort = 0;
    const token = randomBytes(24).toString("hex");
    const environment: { [name: string]: string | undefined } = { ...process.env, RAY_AUTH_MODE: "token" };

    beforeAll(async () => {
      // Short: Ray's sockets lie below it.
      folder = await mkdtemp(path.join(tmpdir(), "ray-"));
      // As the image has it: an environment with Ray, and beside Ray the files of the hook.
      await execute(rayPython ?? "", ["-m", "venv", "--without-pip", path.join(folder, "python")]);
      python = path.join(folder, "python/bin/python");
      const ask = async (program: string, which: string) =>
        (await execute(program, ["-c", `import sysconfig; print(sysconfig.get_path("${which}"))`])).stdout.trim();
      const packages = await ask(python, "purelib");
      await writeFile(path.join(packages, "ray.pth"), `${await ask(rayPython ?? "", "purelib")}\n`);
      for (const name of ["ray_one_liners.py", "ray_one_liners.pth"])
        await copyFile(path.join(image, name), path.join(packages, name));

      const [port, client, dashboard, listen, grpc, runtime, metrics, closed] = await freePorts(8);
      closedPort = closed ?? 0;
      Object.assign(environment, {
        RAY_AUTH_TOKEN: token,
        RAY_USAGE_STATS_ENABLED: "0",
        PIPELINE_RAY_ONE_LINERS: "1",
        RAY_ADDRESS: `ray://127.0.0.1:${client}`,
        PYTHONDONTWRITEBYTECODE: "1",
      });
      const { RAY_ADDRESS: _, ...head } = environment;
      await execute(
        path.join(path.dirname(rayPython ?? ""), "ray"),
        `start --head --node-ip-address=127.0.0.1 --num-cpus=1 --object-store-memory=80000000
          --port=${port} --ray-client-server-port=${client} --dashboard-port=${dashboard}
          --dashboard-agent-listen-port=${listen} --dashboard-agent-grpc-port=${grpc}
          --runtime-env-agent-port=${runtime} --metrics-export-port=${metrics}
          --min-worker-port=0 --max-worker-port=0 --temp-dir=${folder}/r`.split(/\s+/),
        { env: head },
      );
    }, 120_000);

    afterAll(async () => {
      await endAllOf(folder);
      await rm(folder, { recursive: true, force: true });
    });

    const line = (program: string, more: { readonly [name: string]: string | undefined } = {}) =>
      execute(python, ["-c", program], { env: { ...environment, ...more } });
    const initialized = "import ray; print(ray.is_initialized())";

    test("print what an operator expects", { timeout: 120_000 }, async () => {
      expect(await line(initialized)).toEqual({ stdout: "True\n", stderr: "" });
      const { stdout, stderr } = await line("import ray; print(ray.available_resources())");
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^\{.*'CPU': 1\.0.*\}\n$/);
    });

    test("say so within seconds where there is no cluster, and where the token is wrong", {
      timeout: 120_000,
    }, async () => {
      const address = `ray://127.0.0.1:${closedPort}`;
      for (const more of [{ RAY_ADDRESS: address }, { RAY_AUTH_TOKEN: randomBytes(24).toString("hex") }]) {
        const began = performance.now();
        const { stdout, stderr } = await line(initialized, more);
        expect(stdout).toBe("False\n");
        expect(stderr).toMatch(/^not connected to ray:\/\/127\.0\.0\.1:\d+: .+\n$/);
        expect(performance.now() - began).toBeLessThan(30_000);
      }
    });

    test("are left alone wherever else Python runs", { timeout: 120_000 }, async () => {
      const isLoaded = "import sys; print(any(type(one).__name__ == '_RayFinder' for one in sys.meta_path), 'ray')";
      expect((await line(isLoaded)).stdout).toBe("True ray\n");
      for (const more of [
        { PIPELINE_RAY_ONE_LINERS: undefined },
        { RAY_ADDRESS: undefined },
        { RAY_ADDRESS: "127.0.0.1:6379" },
        { RAY_JOB_ID: "01000000" },
      ])
        expect((await line(isLoaded, more)).stdout, JSON.stringify(more)).toBe("False ray\n");
      const file = path.join(folder, "program.py");
      await writeFile(file, isLoaded);
      expect((await execute(python, [file], { env: environment })).stdout).toBe("False ray\n");
      // A line that connects by itself still can, and what runs on the cluster is not touched by the hook.
      const own = `import ray; ray.init(logging_level="ERROR"); print(ray.get(ray.remote(lambda: __import__("sys").orig_argv[0] != "-c").remote()))`;
      expect((await line(own)).stdout).toBe("True\n");
      expect((await line("print('no ray here')")).stdout).toBe("no ray here\n");
    });
  },
);
