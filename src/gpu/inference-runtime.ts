import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { isJsonObject } from "../model/json.ts";
import type { GpuFinding } from "./finding.ts";
import { probeCommand } from "./probe-command.ts";

/** A way of the inference runtime to compute. */
export interface InferenceProvider {
  readonly name: "cuda" | "tensorrt" | "coreml" | "cpu";
  readonly isUsable: boolean;
  /** Why, or why not. */
  readonly reason: string;
}

export interface InferenceRuntime {
  readonly name: string;
  readonly version: string;
  /** Folder of the package. */
  readonly folder: string;
  /** The first that is usable is used. */
  readonly providers: readonly InferenceProvider[];
}

/** The GPU provider of a runtime, as it lies on the disk. */
export interface ProviderLibrary {
  readonly isInstalled: boolean;
  /** Libraries that the loader does not find; null when it could not be asked. */
  readonly missing: readonly string[] | null;
}

const runtimePackage = "onnxruntime-node";
const loaderTimeoutSeconds = 5;

/**
 * The inference runtime that is installed beside this package or in the working folder, or null. Its native module
 * is not loaded: what a GPU provider lacks is asked of the loader.
 */
export async function findInferenceRuntime(
  workingFolder: string,
  usableGpus: number,
): Promise<InferenceRuntime | null> {
  const manifest = [import.meta.url, path.join(workingFolder, "package.json")]
    .map(resolveManifest)
    .find((found) => found !== undefined);
  if (manifest === undefined) return null;
  const folder = path.dirname(manifest);
  const binaries = binariesFolder(folder);
  const library = (provider: string) => inspectLibrary(path.join(binaries, `libonnxruntime_providers_${provider}.so`));
  const [cuda, tensorrt] = await Promise.all([library("cuda"), library("tensorrt")]);
  return {
    name: runtimePackage,
    version: versionOf(manifest),
    folder,
    providers: judgeProviders(process.platform, usableGpus, { cuda, tensorrt }),
  };
}

/** Which providers can be used, in the order in which they are preferred. */
export function judgeProviders(
  platform: NodeJS.Platform,
  usableGpus: number,
  libraries: { readonly cuda: ProviderLibrary; readonly tensorrt: ProviderLibrary },
): readonly InferenceProvider[] {
  const cpu: InferenceProvider = { name: "cpu", isUsable: true, reason: "always" };
  if (platform === "darwin") return [{ name: "coreml", isUsable: true, reason: "comes with macOS" }, cpu];
  if (platform !== "linux") return [cpu];
  const judge = (name: "cuda" | "tensorrt"): InferenceProvider => {
    const { isInstalled, missing } = libraries[name];
    if (!isInstalled)
      return { name, isUsable: false, reason: `libonnxruntime_providers_${name}.so is not beside the runtime` };
    if (missing === null) return { name, isUsable: false, reason: "ldd could not tell which libraries it lacks" };
    if (missing.length > 0) return { name, isUsable: false, reason: `the loader does not find ${missing.join(", ")}` };
    if (usableGpus === 0) return { name, isUsable: false, reason: "there is no usable GPU" };
    return { name, isUsable: true, reason: "its libraries load and a GPU is usable" };
  };
  return [judge("cuda"), judge("tensorrt"), cpu];
}

/** Says so when GPUs are usable and the runtime would leave them idle. */
export function runtimeFindings(runtime: InferenceRuntime | null, usableGpus: number): readonly GpuFinding[] {
  const first = runtime?.providers.find(({ isUsable }) => isUsable);
  if (runtime === null || usableGpus === 0 || first?.name !== "cpu") return [];
  const refused = runtime.providers.find(({ name }) => name === "cuda");
  return [
    {
      level: "warning",
      code: "provider-not-usable",
      message: `${runtime.name} ${runtime.version} would compute on the CPU: ${refused?.reason ?? "it has no GPU provider here"}`,
      remedy:
        "Install its CUDA files (`npm rebuild onnxruntime-node`, with a network) and the CUDA and cuDNN libraries that are named, or use an image that has them.",
    },
  ];
}

/** Libraries that `ldd` did not find. */
export function missingLibraries(listing: string): readonly string[] {
  return [...listing.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? "");
}

async function inspectLibrary(file: string): Promise<ProviderLibrary> {
  if (!existsSync(file)) return { isInstalled: false, missing: null };
  const answer = await probeCommand("ldd", [file], loaderTimeoutSeconds);
  const hasAnswered = answer.outcome === "exited" && answer.code === 0;
  return { isInstalled: true, missing: hasAnswered ? missingLibraries(answer.stdout) : null };
}

/** `bin/napi-v<n>`, where n depends on the version of the runtime. */
function binariesFolder(folder: string): string {
  const bin = path.join(folder, "bin");
  const abi = existsSync(bin) ? readdirSync(bin).find((name) => name.startsWith("napi-v")) : undefined;
  return path.join(bin, abi ?? "napi-v6", process.platform, process.arch);
}

function resolveManifest(from: string): string | undefined {
  try {
    return createRequire(from).resolve(`${runtimePackage}/package.json`);
  } catch {
    // Not installed there, which the report says.
    return undefined;
  }
}

function versionOf(manifest: string): string {
  const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
  return isJsonObject(parsed) && typeof parsed.version === "string" ? parsed.version : "unknown";
}
