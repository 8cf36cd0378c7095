/** A call that took longer waited: for a disk, or for its turn on a busy machine. */
const slowMilliseconds = 0.3;
/** A call that took longer waited for a disk. */
const waitingMilliseconds = 20;
/** So many quick calls make up for a slow one. */
const quickForSlow = 4;
/** Slow calls, less those that were made up for, that tell a disk from a busy machine. */
const slowCalls = 3;
/** Calls that then are left to the thread pool before this thread tries again. */
const callsLeftOut = 64;

/**
 * Whether the next call to the file system is worth making on this thread. It is as long as such calls do not have to
 * wait; where they do, the next are the thread pool's, where many can wait at once.
 */
export class SwiftCalls {
  #leftOut = 0;
  #suspicion = 0;

  /** To be asked once for each call. */
  isNext(): boolean {
    if (this.#leftOut === 0) return true;
    this.#leftOut--;
    return false;
  }

  /** How long a call took that was made on this thread. */
  took(milliseconds: number): void {
    if (milliseconds <= slowMilliseconds) {
      if (this.#suspicion > 0) this.#suspicion--;
      return;
    }
    this.#suspicion += quickForSlow;
    if (this.#suspicion <= (slowCalls - 1) * quickForSlow && milliseconds <= waitingMilliseconds) return;
    this.#leftOut = callsLeftOut;
    this.#suspicion = 0;
  }
}
