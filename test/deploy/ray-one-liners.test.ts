import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingRay, RayCluster, rayPython } from "../../scripts/ray-cluster.ts";
import { freePort } from "../../scripts/s3-server.ts";

const execute = promisify(execFile);
const image = fileURLToPath(new URL("../../python/image/", import.meta.url));
const missing = missingRay();

describe.skipIf(missing !== undefined)(
  `the lines of Python of the runbook${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    let folder = "";
    let python = "";
    let closedPort = 0;
    let cluster: RayCluster;
    const token = randomBytes(24).toString("hex");
    const environment: { [name: string]: string | undefined } = { ...process.env, RAY_AUTH_MODE: "token" };

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "ray-"));
      // As the image has it: an environment with Ray, and beside Ray the files of the hook.
      await execute(rayPython, ["-m", "venv", "--without-pip", path.join(folder, "python")]);
      python = path.join(folder, "python/bin/python");
      const ask = async (program: string, which: string) =>
        (await execute(program, ["-c", `import sysconfig; print(sysconfig.get_path("${which}"))`])).stdout.trim();
      const packages = await ask(python, "purelib");
      await writeFile(path.join(packages, "ray.pth"), `${await ask(rayPython, "purelib")}\n`);
      for (const name of ["ray_one_liners.py", "ray_one_liners.pth"])
        await copyFile(path.join(image, name), path.join(packages, name));

      closedPort = await freePort();
      cluster = await RayCluster.start({ cpus: 1, token });
      Object.assign(environment, {
        RAY_AUTH_TOKEN: token,
        PIPELINE_RAY_ONE_LINERS: "1",
        RAY_ADDRESS: cluster.client,
        PYTHONDONTWRITEBYTECODE: "1",
      });
    }, 120_000);

    afterAll(async () => {
      cluster?.stop();
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
