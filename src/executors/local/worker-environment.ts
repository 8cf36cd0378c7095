import { availableParallelism } from "node:os";

/** Below this, file reads wait behind decoding: libuv's own default. */
const minThreads = 4;

/**
 * Environment of a worker process, on top of this process's own. These must be set before the process
 * starts to have any effect: the size of libuv's thread pool, which native codecs share with file reads,
 * and the number of malloc arenas, which otherwise grow a process by what each thread once held.
 */
export function workerEnvironment(workers: number): NodeJS.ProcessEnv {
  const threads = Math.max(minThreads, Math.ceil((availableParallelism() * 2) / workers));
  return {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(threads),
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
  };
}
