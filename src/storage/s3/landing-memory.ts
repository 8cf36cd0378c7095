import type { OnReadOpts, Socket } from "node:net";

const slabBytes = 1024 * 1024;
/** What is at least so long is handed on where it landed; less is copied. */
const leastHandedOn = 128 * 1024;

/**
 * Lets sockets read up to 1 MiB at once, sixteen times what they would: for `onread` of a connection's options. What is
 * long is handed on in the slab that it landed in, which goes on to be filled behind it; less is copied into memory
 * of its own size, so that small objects keep nothing else alive. An idle connection holds a slab, of which it has
 * touched what it read.
 */
export function landingMemory(): OnReadOpts {
  let spare: Uint8Array | undefined;
  return {
    // Asked for when a socket is made, and right after each callback: so each gets the one back that it gave.
    buffer() {
      const slab = spare ?? Buffer.allocUnsafeSlow(slabBytes);
      spare = undefined;
      return slab;
    },
    // Node calls it as a method of the socket.
    callback(this: Socket, bytes, slab) {
      if (bytes >= leastHandedOn) {
        const left = slab.subarray(bytes);
        if (left.byteLength >= slabBytes / 2) spare = left;
        return this.push(slab.subarray(0, bytes));
      }
      spare = slab;
      const chunk = Buffer.allocUnsafeSlow(bytes);
      chunk.set(slab.subarray(0, bytes));
      return this.push(chunk);
    },
  };
}
