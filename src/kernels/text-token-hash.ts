import { hashBase, type TextScan } from "./text-scan.ts";

/** `hashBase` to the power of each index: enough for words and short runs of them. */
const powers = new Int32Array(4096);
powers[0] = 1;
for (let i = 1; i < powers.length; i++) powers[i] = Math.imul(powers[i - 1] ?? 0, hashBase);

/** Hash of tokens `from` to `to` (without `to`) written without anything between them. */
export function hashOfTokens(scan: TextScan, from: number, to: number): number {
  const { compactStart, prefixHash } = scan;
  const length = (compactStart[to] ?? 0) - (compactStart[from] ?? 0);
  const power = length < powers.length ? (powers[length] ?? 0) : powerOf(length);
  return ((prefixHash[to] ?? 0) - Math.imul(prefixHash[from] ?? 0, power)) | 0;
}

/** By squaring. */
function powerOf(exponent: number): number {
  let power = 1;
  let square: number = hashBase;
  for (let rest = exponent; rest > 0; rest >>>= 1) {
    if ((rest & 1) === 1) power = Math.imul(power, square);
    square = Math.imul(square, square);
  }
  return power;
}
