import { availableParallelism } from "node:os";
import { ownMemoryGauge } from "../../worker/memory-gauge.ts";

/** Below this, file reads wait behind decoding: libuv's own default. */
const minThreads = 4;

const MiB = 2 ** 20;
/** Below this, V8 collects instead of working; above, it is what V8 allows itself on a large machine. */
const heapBytes = { least: 256 * MiB, most: 4096 * MiB } as const;

/**
 * Environment of a worker process, on top of this process's own. These must be set before the process
 * starts to have any effect: the size of libuv's thread pool, which native codecs share with file reads,
 * the number of malloc arenas, which otherwise grow a process by what each thread once held, and the size from
 * which malloc gives memory back when it is freed: left to itself, glibc raises it to 32 MiB and keeps what pixels
 * and row groups once took. So must the limit of the JavaScript heap: three quarters of the worker's share of the
 * memory, so that code which allocates objects without end ends its own worker and not the machine. What the
 * caller's own NODE_OPTIONS say goes before it.
 */
export function workerEnvironment(workers: number): NodeJS.ProcessEnv {
  const threads = Math.max(minThreads, Math.ceil((availableParallelism() * 2) / workers));
  const heapShare = (ownMemoryGauge().limitBytes * 0.75) / workers;
  const heapMiB = Math.floor(Math.min(heapBytes.most, Math.max(heapBytes.least, heapShare)) / MiB);
  return {
    ...process.env,
    NODE_OPTIONS: `--max-old-space-size=${heapMiB} ${process.env.NODE_OPTIONS ?? ""}`.trim(),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(threads),
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
    MALLOC_MMAP_THRESHOLD_: process.env.MALLOC_MMAP_THRESHOLD_ ?? String(2 ** 20),
  };
}
