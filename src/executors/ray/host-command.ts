import process from "node:process";
import { fileURLToPath } from "node:url";

/** Settings of GPU libraries that the coordinator's environment has, which its workers need. */
const gpuVariables = /^(?:NCCL_|CUDA_(?!VISIBLE_DEVICES$)|NVIDIA_)/;

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
/** The same file on every node: they have one image, or one disk. Its heap is small, and so are its frames. */
export const hostCommand: readonly string[] = [
  process.execPath,
  "--max-semi-space-size=1",
  "--disable-warning=ExperimentalWarning",
  fileURLToPath(new URL(`../worker-host-main${extension}`, import.meta.url)),
];

/** To go along to a worker that has a GPU. */
export function gpuSettings(): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      gpuVariables.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
