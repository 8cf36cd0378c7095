import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { missingPython } from "../fixtures/write-shards.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { cliEntry } from "./run-cli.ts";

const python = process.env.PYTHON ?? "python3";
const sources = fileURLToPath(new URL("../../python/", import.meta.url));
const execute = promisify(execFile);

/** What a Python module prints; rejects with its output when it fails. */
async function pythonModule(words: readonly string[], cwd = sources): Promise<string> {
  const environment = {
    ...process.env,
    PIPELINE_CLI: cliEntry,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ""}`,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const result = execute(python, ["-m", ...words], { cwd, env: environment });
  return result.then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string; readonly stderr?: string }) => {
      throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
    },
  );
}

const noPytest = missingPython("pytest");
test.skipIf(noPytest)(
  `the Python package does what the runbook types${noPytest ? `: ${noPytest}` : ""}`,
  async () => {
    expect(await pythonModule(["pytest", "-q"])).toContain("passed");
  },
  120_000,
);

const noMypy = missingPython("mypy", "pytest");
test.skipIf(noMypy)(
  `the Python package's types are strict${noMypy ? `: ${noMypy}` : ""}`,
  async () => {
    const cache = await temporaryFolder();
    expect(await pythonModule(["mypy", "--cache-dir", cache])).toContain("Success");
  },
  120_000,
);

const noBuild = missingPython("hatchling", "pip");
test.skipIf(noBuild)(
  `the Python package installs without a network${noBuild ? `: ${noBuild}` : ""}`,
  async () => {
    const target = await temporaryFolder();
    const flags = ["--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--target", target];
    await pythonModule(["pip", "install", ...flags, sources], target);
    const found = await execute(
      python,
      [
        "-c",
        "import pipeline, pathlib; print(sorted(p.name for p in pathlib.Path(pipeline.__file__).parent.glob('*')))",
      ],
      { cwd: target, env: { ...process.env, PYTHONPATH: target, PYTHONDONTWRITEBYTECODE: "1" } },
    );
    for (const name of ["py.typed", "utils"]) expect(found.stdout).toContain(`'${name}'`);
  },
  120_000,
);
