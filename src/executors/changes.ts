/** Lets somebody wait until something has changed, whatever it is. */
export class Changes {
  #waiting: (() => void)[] = [];

  /** Resolves with the next change, or when `stopped` aborts. */
  next(stopped: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        stopped.removeEventListener("abort", finish);
        resolve();
      };
      stopped.addEventListener("abort", finish, { once: true });
      this.#waiting.push(finish);
    });
  }

  tell(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
