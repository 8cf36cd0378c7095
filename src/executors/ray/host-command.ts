import process from "node:process";
import { fileURLToPath } from "node:url";
import { entryModule } from "../../model/package-files.ts";

/** Settings of GPU libraries that the coordinator's environment has, which its workers need. */
const gpuVariables = /^(?:NCCL_|CUDA_(?!VISIBLE_DEVICES$)|NVIDIA_)/;

/** The same file on every node: they have one image, or one disk. Its heap is small, and so are its frames. */
export const hostCommand: readonly string[] = [
  process.execPath,
  "--max-semi-space-size=1",
  "--disable-warning=ExperimentalWarning",
  fileURLToPath(entryModule("executors/worker-host-main")),
];

/** To go along to a worker that has a GPU. */
export function gpuSettings(): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      gpuVariables.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
