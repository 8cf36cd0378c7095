import { defineMap, keep, withAttributes } from "multimodal-pipeline";
import { z } from "zod";

/** What each licence says near its beginning, in lower case and with single spaces. */
const phrases: readonly (readonly [name: string, phrase: string])[] = [
  ["MIT", "permission is hereby granted, free of charge"],
  ["Apache-2.0", "apache license version 2.0"],
  ["ISC", "permission to use, copy, modify, and/or distribute this software"],
  ["BSD", "redistribution and use in source and binary forms"],
  ["MPL-2.0", "mozilla public license version 2.0"],
];

/** Names the licence that a text holds. What it reads, writes and drops for is declared, and `checkOperator` holds it to that. */
export default defineMap({
  name: "mark-licence",
  summary: "Names the licence that a text holds.",
  modality: "text",
  options: z.strictObject({
    keepUnknown: z.boolean().default(false).describe("Whether texts without a known licence are kept."),
    headCharacters: z.int().min(100).default(3000).describe("How much of the text is looked at, from its start."),
  }),
  signature: () => ({ reads: [], writes: ["licence"], parts: ["text"] }),
  dropReasons: (options) => (options.keepUnknown ? [] : ["unknown-licence"]),
  async open({ keepUnknown, headCharacters }) {
    return {
      apply(sample) {
        const part = sample.parts.find((candidate) => candidate.kind === "text");
        if (part === undefined) return keep(sample);
        const head = part.text.slice(0, headCharacters).toLowerCase().replaceAll(/\s+/g, " ");
        const licence = phrases.find(([, phrase]) => head.includes(phrase))?.[0];
        if (licence === undefined && !keepUnknown) return { kind: "drop", reason: "unknown-licence" };
        return keep(withAttributes(sample, { licence: licence ?? null }));
      },
    };
  },
});
