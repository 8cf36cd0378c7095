export type Kernel = (...values: number[]) => void;

const pageBytes = 65_536;

/** An instance of a compiled kernel module and the memory that it exports. Memory grows, and never shrinks. */
export class KernelInstance {
  /** Bytes from here on are free for callers: what the module keeps itself lies before. */
  readonly base: number;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Readonly<Record<string, unknown>>;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, {});
    if (!(exports.memory instanceof WebAssembly.Memory)) throw new TypeError("the kernel exports no memory");
    this.#memory = exports.memory;
    this.#exports = exports;
    this.base = this.#memory.buffer.byteLength;
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A function that the module exports. */
  kernel(name: string): Kernel {
    const found = this.#exported(name);
    return (...values) => {
      Reflect.apply(found, undefined, values);
    };
  }

  /** A function that the module exports and that answers with a number. */
  answer(name: string): (...values: number[]) => number {
    const found = this.#exported(name);
    return (...values) => Number(Reflect.apply(found, undefined, values));
  }

  #exported(name: string): Function {
    const found = this.#exports[name];
    if (typeof found !== "function") throw new TypeError(`the kernel lacks the export ${name}`);
    return found;
  }

  /** Makes addresses below `end` usable. Views had before are dead when this grows the memory. */
  reserve(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
  }

  /** A view, valid until memory grows. */
  bytes(address: number, length: number): Buffer {
    return Buffer.from(this.#memory.buffer, address, length);
  }

  write(address: number, values: Int32Array | Int16Array | Uint32Array | Uint8Array | Float32Array): void {
    new Uint8Array(this.#memory.buffer, address).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }
}

/** Compiles what scripts/build-kernels.ts wrote. */
export function compiledKernel(base64: string): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(base64, "base64"));
}

export function align(address: number, to: number): number {
  return Math.ceil(address / to) * to;
}
