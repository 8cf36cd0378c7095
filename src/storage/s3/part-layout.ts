const firstPartBytes = 8 * 2 ** 20;
const partsOfOneSize = 1000;

/**
 * Size of the part with this number (from 1) unless it is the last: 8 MiB, doubled every 1,000 parts, so that 10,000
 * parts hold more than the largest object there can be. Parts of an object depend on its bytes alone.
 */
export function partBytes(number: number): number {
  return firstPartBytes * 2 ** Math.floor((number - 1) / partsOfOneSize);
}
