import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesContent } from "../../model/content.ts";
import type { MediaKind, Sample } from "../../model/sample.ts";
import { checkOperator } from "../../testing/check-operator.ts";
import { probeMedia } from "./probe-media.ts";

const nothing = {
  mediaDurationSeconds: null,
  videoWidth: null,
  videoHeight: null,
  videoFrameRate: null,
  videoCodec: null,
  audioCodec: null,
  audioSampleRateHertz: null,
  audioChannels: null,
};

function sampleOf(kind: MediaKind, bytes: Uint8Array, name: string = kind): Sample {
  const content = bytesContent(bytes);
  return { id: "s", parts: [{ kind, name, mediaType: "application/octet-stream", content }], attributes: {} };
}

/** 16-bit PCM, `seconds` of silence. */
function wav(seconds: number, sampleRate: number, channels: number): Buffer {
  const bytes = seconds * sampleRate * channels * 2;
  const file = Buffer.alloc(44 + bytes);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + bytes, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * channels * 2, 28);
  file.writeUInt16LE(channels * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(bytes, 40);
  return file;
}

async function probe(sample: Sample, options: object = {}) {
  const context = { signal: new AbortController().signal, seed: 0 };
  const opened = await probeMedia.open(probeMedia.options.parse(options), context);
  const outcome = await opened.apply(sample);
  return outcome.kind === "keep" ? outcome.sample.attributes : outcome;
}

describe("probe-media", () => {
  it("writes what a WAV header says", async () => {
    expect(await probe(sampleOf("audio", wav(1.5, 8000, 2)))).toEqual({
      ...nothing,
      mediaDurationSeconds: 1.5,
      audioCodec: "pcm-s16",
      audioSampleRateHertz: 8000,
      audioChannels: 2,
    });
  });

  it("writes null for what a sample does not have", async () => {
    expect(await probe({ id: "s", parts: [], attributes: { other: 1 } })).toEqual({ ...nothing, other: 1 });
    expect(await probe(sampleOf("audio", wav(1, 8000, 1)), { part: "voice" })).toEqual(nothing);
  });

  it("says what is damaged and what is of no known format", async () => {
    await expect(probe(sampleOf("video", Buffer.from("not a video")))).rejects.toMatchObject({
      code: "SAMPLE_UNSUPPORTED",
    });
    await expect(probe(sampleOf("audio", wav(1, 8000, 1).subarray(0, 44)))).rejects.toMatchObject({
      code: "SAMPLE_CORRUPT",
    });
  });

  it("keeps the operator contract", async () => {
    const report = await checkOperator(probeMedia, {
      options: {},
      samples: [
        { ...sampleOf("audio", wav(1, 8000, 1)), id: "a" },
        { ...sampleOf("video", Buffer.from("broken")), id: "b" },
        { id: "c", parts: [], attributes: {} },
      ],
    });
    expect(report.kept).toBe(2);
    expect(report.failed).toEqual({ SAMPLE_UNSUPPORTED: 1 });
  });
});

const media = new URL("../../../../shared/media/", import.meta.url);
describe.skipIf(!existsSync(media))("probe-media on real files (skipped without ../shared/media)", () => {
  const read = (name: string) => readFileSync(new URL(name, media));

  // Values of each file's own headers, as mediabunny 1.61.0 reads them.
  it.each([
    ["video/video1.mp4", [11.75, 640, 360, 24, "avc", "aac", 44100, 2]],
    ["video/video3.mp4", [49.583, 362, 640, 24, "avc", "aac", 44100, 2]],
    ["audio/audio1.wav", [5.502, null, null, null, null, "pcm-s16", 44100, 2]],
    ["audio/audio3.ogg", [119.876, null, null, null, null, "vorbis", 22050, 1]],
  ] as const)("reads %s", async (name, expected) => {
    const attributes = await probe(sampleOf(name.startsWith("video") ? "video" : "audio", read(name)));
    const values = Object.keys(nothing).map((key) => Reflect.get(attributes, key));
    expect([Math.round(values[0] * 1000) / 1000, ...values.slice(1)]).toEqual(expected);
  });

  it.each(["video/video1.mp4", "video/video4.mp4", "audio/audio3.ogg"])("fails %s when it is cut", async (name) => {
    const whole = read(name);
    for (const length of [2000, Math.floor(whole.length / 2), whole.length - 1000]) {
      await expect(probe(sampleOf("video", whole.subarray(0, length)))).rejects.toMatchObject({
        code: "SAMPLE_CORRUPT",
      });
    }
  });
});
