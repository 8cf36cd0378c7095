import process from "node:process";

/**
 * The only place that writes. Results go to standard output, progress and messages to standard error.
 * A reader that went away (`| head`) mutes its stream: a run goes on without it.
 */
class Terminal {
  readonly #closed = new Set<NodeJS.WriteStream>();

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
        this.#closed.add(stream);
      });
    }
  }

  /** Writes lines of results. */
  print(...lines: readonly string[]): void {
    this.#write(process.stdout, lines);
  }

  /** Writes lines of messages. */
  note(...lines: readonly string[]): void {
    this.#write(process.stderr, lines);
  }

  /** Writes a value as indented JSON to standard output. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** Resolves when everything written so far has left the process. */
  async flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      if (this.#closed.has(stream) || stream.destroyed) continue;
      await new Promise<void>((resolve) => stream.write("", () => resolve()));
    }
  }

  #write(stream: NodeJS.WriteStream, lines: readonly string[]): void {
    if (lines.length === 0 || this.#closed.has(stream) || stream.destroyed) return;
    stream.write(`${lines.join("\n")}\n`);
  }
}

export const terminal = new Terminal();
