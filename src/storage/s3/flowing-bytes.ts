import { Flow } from "./flow.ts";
import type { ReceivedBytes } from "./received-bytes.ts";

/** Bytes that go to their receiver while they arrive: too early to hold them to a checksum of the whole. */
export class FlowingBytes extends Flow<Buffer> implements ReceivedBytes {
  #received = 0;
  #expected: number | undefined;

  get received(): number {
    return this.#received;
  }

  get expected(): number | undefined {
    return this.#expected;
  }

  expect(bytes: number): void {
    this.#expected = bytes;
  }

  take(chunk: Buffer): boolean {
    if (this.#received + chunk.byteLength > (this.#expected ?? 0)) return false;
    this.#received += chunk.byteLength;
    this.push(chunk, chunk.byteLength);
    return true;
  }

  isIntact(): boolean {
    return true;
  }
}
