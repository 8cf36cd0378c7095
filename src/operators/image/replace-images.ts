import { partsToLookAt } from "../../contract/filter.ts";
import type { Outcome } from "../../contract/operator.ts";
import { isMediaPart, type MediaPart, type Sample, withPart } from "../../model/sample.ts";

/**
 * Keeps the sample with every image replaced by what `replace` makes of it, or only the image of the given name.
 * One image after the other; without a promise when there is one image and `replace` needs none.
 */
export function replaceImages(
  sample: Sample,
  name: string | undefined,
  replace: (part: MediaPart) => MediaPart | Promise<MediaPart>,
): Outcome | Promise<Outcome> {
  const [first, ...others] = partsToLookAt(sample, ["image"], name).filter(isMediaPart);
  if (first === undefined) return { kind: "keep", sample };
  const replaced = replace(first);
  if (others.length === 0 && !(replaced instanceof Promise))
    return { kind: "keep", sample: withPart(sample, replaced) };
  return replaceAll(sample, replaced, others, replace);
}

async function replaceAll(
  sample: Sample,
  first: MediaPart | Promise<MediaPart>,
  others: readonly MediaPart[],
  replace: (part: MediaPart) => MediaPart | Promise<MediaPart>,
): Promise<Outcome> {
  let changed = withPart(sample, await first);
  for (const part of others) changed = withPart(changed, await replace(part));
  return { kind: "keep", sample: changed };
}
