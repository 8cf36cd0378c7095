import { availableParallelism } from "node:os";

/** Below this, file reads wait behind decoding: libuv's own default. */
const minThreads = 4;

/**
 * Environment of a worker process, on top of this process's own. These must be set before the process
 * starts to have any effect: the size of libuv's thread pool, which native codecs share with file reads,
 * the number of malloc arenas, which otherwise grow a process by what each thread once held, and the size from
 * which malloc gives memory back when it is freed: left to itself, glibc raises it to 32 MiB and keeps what pixels
 * and row groups once took.
 */
export function workerEnvironment(workers: number): NodeJS.ProcessEnv {
  const threads = Math.max(minThreads, Math.ceil((availableParallelism() * 2) / workers));
  return {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(threads),
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
    MALLOC_MMAP_THRESHOLD_: process.env.MALLOC_MMAP_THRESHOLD_ ?? String(2 ** 20),
  };
}
