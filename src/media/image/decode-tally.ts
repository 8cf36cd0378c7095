/** `jpeg-kernel`: this project's own. `sharp-reduced`: shrink-on-load and resize in one. */
const imageDecoders = ["jpeg-turbo", "jpeg-kernel", "sharp", "sharp-reduced"] as const;
export type ImageDecoder = (typeof imageDecoders)[number];

export type DecodeCounts = { readonly [decoder in ImageDecoder]: number };

const counts = { "jpeg-turbo": 0, "jpeg-kernel": 0, sharp: 0, "sharp-reduced": 0 };

/** Notes an image that this process decoded, or tried to. */
export function countDecode(decoder: ImageDecoder): void {
  counts[decoder]++;
}

/** Since the process began. */
export function decodeCounts(): DecodeCounts {
  return { ...counts };
}

/** Images decoded since `before`; decoders that had none are left out. */
export function decodesSince(before: DecodeCounts): { readonly [decoder: string]: number } {
  const since = imageDecoders.map((decoder) => [decoder, counts[decoder] - before[decoder]] as const);
  return Object.fromEntries(since.filter(([, count]) => count > 0));
}
