import { z } from "zod";
import { partsToLookAt } from "../../contract/filter.ts";
import { defineMap, keep, type Outcome } from "../../contract/operator.ts";
import { type ContainerFacts, probeContainer } from "../../media/video/probe-container.ts";
import { type Attributes, isMediaPart, type MediaPart, type Sample, withAttributes } from "../../model/sample.ts";

const options = z.strictObject({
  part: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Name of the one part to probe. Without it: the first video, or the first audio where there is no video.",
    ),
});

const absent = {
  mediaDurationSeconds: null,
  videoWidth: null,
  videoHeight: null,
  videoFrameRate: null,
  videoCodec: null,
  audioCodec: null,
  audioSampleRateHertz: null,
  audioChannels: null,
};

/**
 * Writes what the container of a video or audio part says, without decoding it: `mediaDurationSeconds`, `videoWidth`,
 * `videoHeight` (pixels as shown), `videoFrameRate`, `videoCodec`, `audioCodec`, `audioSampleRateHertz`,
 * `audioChannels`. What a sample does not have is null, so a mixed folder can be filtered by them: a sample without
 * such a part has all of them null. A damaged or cut file fails with SAMPLE_CORRUPT.
 */
export const probeMedia = defineMap({
  name: "probe-media",
  summary: "Writes duration, size, rates and codecs of video and audio as attributes.",
  modality: "any",
  reference: "mediabunny 1.61.0",
  options,
  signature: () => ({ reads: [], writes: Object.keys(absent), parts: [] }),
  dropReasons: () => [],
  open: async ({ part: name }) => ({
    apply(sample) {
      const part = partsToLookAt(sample, ["video"], name)[0] ?? partsToLookAt(sample, ["audio"], name)[0];
      if (part === undefined || !isMediaPart(part)) return keep(withAttributes(sample, absent));
      return probed(sample, part);
    },
  }),
});

async function probed(sample: Sample, { content }: MediaPart): Promise<Outcome> {
  const facts = await probeContainer(content.peek() ?? (await content.bytes()));
  return keep(withAttributes(sample, attributesOf(facts)));
}

function attributesOf({ durationSeconds, video, audio }: ContainerFacts): Attributes {
  return {
    mediaDurationSeconds: durationSeconds,
    videoWidth: video?.widthPixels ?? null,
    videoHeight: video?.heightPixels ?? null,
    videoFrameRate: video?.frameRate ?? null,
    videoCodec: video?.codec ?? null,
    audioCodec: audio?.codec ?? null,
    audioSampleRateHertz: audio?.sampleRateHertz ?? null,
    audioChannels: audio?.channels ?? null,
  };
}
