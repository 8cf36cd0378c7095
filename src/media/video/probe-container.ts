import type { Input, InputTrack } from "mediabunny";
import { messageOf, PipelineError } from "../../model/errors.ts";

interface VideoTrackFacts {
  /** Of a frame as it is shown: pixel aspect and rotation applied. */
  readonly widthPixels: number;
  readonly heightPixels: number;
  /** Mean over the first frames, rounded to 1/1000; null when there are too few to tell. */
  readonly frameRate: number | null;
  /** `avc`, `hevc`, `vp8`, `vp9`, `av1`, …; `unknown` for any other. */
  readonly codec: string;
}

interface AudioTrackFacts {
  readonly sampleRateHertz: number;
  readonly channels: number;
  /** `aac`, `opus`, `mp3`, `vorbis`, `flac`, `pcm-s16`, …; `unknown` for any other. */
  readonly codec: string;
}

/** What the container says; nothing is decoded. */
export interface ContainerFacts {
  readonly durationSeconds: number;
  /** Of the first track of each type, as players choose it. */
  readonly video: VideoTrackFacts | null;
  readonly audio: AudioTrackFacts | null;
}

const framesForRate = 100;

/**
 * Reads the headers of a video or audio file (MP4, MOV, WebM, Matroska, MPEG-TS, WAV, Ogg, FLAC, MP3, ADTS) with
 * mediabunny. Rejects with SAMPLE_UNSUPPORTED for other formats, and with SAMPLE_CORRUPT for a file without a
 * readable track, without a duration, or cut so that the last packet it announces is not there.
 */
export async function probeContainer(bytes: Uint8Array): Promise<ContainerFacts> {
  const { ALL_FORMATS, BufferSource, EncodedPacketSink, Input: MediaInput } = await import("mediabunny");
  const input = new MediaInput({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  try {
    if (!(await input.canRead())) {
      throw new PipelineError("SAMPLE_UNSUPPORTED", "the container is of no format that can be probed");
    }
    const tracks = await input.getTracks();
    if (tracks.length === 0) throw corrupt("it holds no track: its index is missing, as in a file that was cut");
    for (const track of tracks) {
      const last = await new EncodedPacketSink(track).getPacket(Number.POSITIVE_INFINITY);
      if (last === null && isTimed(track)) throw corrupt(`it is cut: the last ${track.type} packet is not there`);
    }
    return await factsOf(input);
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    throw corrupt(`it cannot be read (${messageOf(error)})`, error);
  } finally {
    input.dispose();
  }
}

async function factsOf(input: Input): Promise<ContainerFacts> {
  const durationSeconds = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
  if (!(durationSeconds > 0)) throw corrupt("it has no duration");
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  return {
    durationSeconds,
    video:
      video === null
        ? null
        : {
            widthPixels: await video.getDisplayWidth(),
            heightPixels: await video.getDisplayHeight(),
            frameRate: rounded((await video.computePacketStats(framesForRate)).averagePacketRate),
            codec: (await video.getCodec()) ?? "unknown",
          },
    audio:
      audio === null
        ? null
        : {
            sampleRateHertz: await audio.getSampleRate(),
            channels: await audio.getNumberOfChannels(),
            codec: (await audio.getCodec()) ?? "unknown",
          },
  };
}

function isTimed(track: InputTrack): boolean {
  return track.isVideoTrack() || track.isAudioTrack();
}

function rounded(rate: number): number | null {
  return Number.isFinite(rate) && rate > 0 ? Math.round(rate * 1000) / 1000 : null;
}

function corrupt(problem: string, cause?: unknown): PipelineError {
  return new PipelineError("SAMPLE_CORRUPT", `the media file is damaged: ${problem}`, { cause });
}
