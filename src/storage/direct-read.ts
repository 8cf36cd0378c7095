/** A larger file is worth a thread: others are read meanwhile. */
const mostBytes = 256 * 1024;
/** A read that took longer waited for more than memory. */
const slowMilliseconds = 2;
/** Reads that then go by the thread pool before this thread tries again. */
const readsByThreadPool = 64;

/**
 * Whether a small file is read on this thread. Each of the four calls that reading takes costs a visit of the thread
 * pool otherwise, which is a third of what carrying a small file through a pipeline costs; but this thread must not wait
 * for disks and networks. So it reads as long as it does not have to wait, and after a wait leaves the next reads to the
 * pool, where many can wait at once.
 */
export class DirectReads {
  #byThreadPool = 0;

  /** To be asked once for each read. */
  isDirect(bytes: number): boolean {
    if (bytes > mostBytes) return false;
    if (this.#byThreadPool === 0) return true;
    this.#byThreadPool--;
    return false;
  }

  took(milliseconds: number): void {
    if (milliseconds > slowMilliseconds) this.#byThreadPool = readsByThreadPool;
  }
}
