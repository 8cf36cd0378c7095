import { z } from "zod";
import { defineSink } from "../contract/sink.ts";

const options = z.strictObject({
  readMedia: z
    .boolean()
    .default(true)
    .describe("Whether media bytes are read and encoded, as for a sink that stores them."),
});

/** Takes samples and writes nothing: times everything before it. */
export const nullSink = defineSink({
  name: "null",
  summary: "Takes samples and writes nothing, to time the rest of a pipeline.",
  options,
  needsBytes: ({ readMedia }) => readMedia,
  open: async () => ({
    openWriter: async () => ({
      write: async () => undefined,
      commit: async () => [],
      abort: async () => undefined,
    }),
  }),
});
