/** How documents become sets, and sets become signatures. Only signatures of equal settings can be compared. */
export interface MinHashSettings {
  /** Numbers in a signature; 128 unless said otherwise. */
  readonly permutations?: number;
  /** Words in a shingle; 5 unless said otherwise. */
  readonly shingleWords?: number;
}

const seed = 0x5eed_0001;
const golden = 0x9e37_79b9;

/** The settings with their defaults. Throws a RangeError unless both are whole numbers from 1 to 65,536. */
export function completeSettings(settings: MinHashSettings): Required<MinHashSettings> {
  const { permutations = 128, shingleWords = 5 } = settings;
  for (const [name, value] of Object.entries({ permutations, shingleWords })) {
    if (!Number.isInteger(value) || value < 1 || value > 65_536) {
      throw new RangeError(`${name}: expected a whole number from 1 to 65536, received ${value}`);
    }
  }
  return { permutations, shingleWords };
}

export interface MinHashCoefficients {
  /** Odd, so that each makes a permutation. */
  readonly multipliers: Uint32Array;
  readonly addends: Uint32Array;
}

/**
 * Coefficients of `x -> multiplier * x + addend` modulo 2^32, the same on every machine and in every run; fewer
 * permutations are the first of more. They come from a counter through the finaliser of MurmurHash3.
 */
export function minHashCoefficients(permutations: number): MinHashCoefficients {
  return {
    multipliers: Uint32Array.from({ length: permutations }, (_, index) => drawn(2 * index) | 1),
    addends: Uint32Array.from({ length: permutations }, (_, index) => drawn(2 * index + 1)),
  };
}

function drawn(index: number): number {
  let value = (seed + Math.imul(index + 1, golden)) | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
  return value ^ (value >>> 16);
}
