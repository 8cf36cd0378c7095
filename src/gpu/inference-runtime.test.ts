import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findInferenceRuntime, judgeProviders, missingLibraries, runtimeFindings } from "./inference-runtime.ts";

const absent = { isInstalled: false, missing: null };
const complete = { isInstalled: true, missing: [] };

test("a provider is usable when its libraries load and a GPU is usable", () => {
  const reasons = (gpus: number, cuda: { readonly isInstalled: boolean; readonly missing: readonly string[] | null }) =>
    judgeProviders("linux", gpus, { cuda, tensorrt: absent }).map(({ name, isUsable }) => `${name} ${isUsable}`);
  expect(reasons(1, complete)).toEqual(["cuda true", "tensorrt false", "cpu true"]);
  for (const [gpus, cuda] of [
    [0, complete],
    [1, absent],
    [1, { isInstalled: true, missing: null }],
    [1, { isInstalled: true, missing: ["libcudnn.so.9"] }],
  ] as const)
    expect(reasons(gpus, cuda)).toEqual(["cuda false", "tensorrt false", "cpu true"]);
});

test("libraries that the loader does not find are named", () => {
  const listing = `	linux-vdso.so.1 (0x00007ffd2a5f2000)
	libcublasLt.so.12 => not found
	libcudnn.so.9 => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1b2a000000)
`;
  expect(missingLibraries(listing)).toEqual(["libcublasLt.so.12", "libcudnn.so.9"]);
});

test("a runtime in the working folder is found, and idle GPUs are told of", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "runtime-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(await findInferenceRuntime(folder, 1)).toBeNull();
  expect(runtimeFindings(null, 1)).toEqual([]);
  const runtimeFolder = path.join(folder, "node_modules", "onnxruntime-node");
  mkdirSync(path.join(runtimeFolder, "bin", "napi-v6"), { recursive: true });
  writeFileSync(path.join(runtimeFolder, "package.json"), '{ "name": "onnxruntime-node", "version": "1.30.0" }');
  const runtime = await findInferenceRuntime(folder, 1);
  expect(runtime).toMatchObject({ name: "onnxruntime-node", version: "1.30.0" });
  expect(runtime?.providers.at(-1)).toEqual({ name: "cpu", isUsable: true, reason: "always" });
  if (process.platform === "linux")
    expect(runtimeFindings(runtime, 1)).toMatchObject([{ level: "warning", code: "provider-not-usable" }]);
  expect(runtimeFindings(runtime, 0)).toEqual([]);
});
