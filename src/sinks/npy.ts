/**
 * A vector as a NumPy file, format version 1.0: little-endian float32, shape (n,), data aligned to
 * 64 bytes (https://numpy.org/doc/2.4/reference/generated/numpy.lib.format.html).
 */
export function npyBytes(values: Float32Array): Uint8Array {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`;
  const headerBytes = Math.ceil((10 + description.length + 1) / 64) * 64;
  const file = Buffer.alloc(headerBytes + values.length * 4);
  file.write("\x93NUMPY\x01\x00", 0, "latin1");
  file.writeUInt16LE(headerBytes - 10, 8);
  file.write(`${description.padEnd(headerBytes - 11)}\n`, 10, "latin1");
  for (let i = 0; i < values.length; i++) file.writeFloatLE(values[i] ?? 0, headerBytes + i * 4);
  return file;
}
