import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { PipelineError } from "../../model/errors.ts";
import { textOf } from "./text-options.ts";

const options = z.strictObject({
  ...filterOptions,
  languages: z
    .array(z.string().regex(/^[a-z]{2}$/, "expected an ISO 639-1 code such as `en`"))
    .min(1)
    .optional()
    .describe(
      "ISO 639-1 codes of the languages to keep. Without it any language is kept that is told with confidence.",
    ),
  minScore: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Least confidence. Prose scores 0.7 to 0.9 in its language; tables, code and noise score lower."),
  model: z
    .enum(["extrasmall", "small", "medium", "large"])
    .default("small")
    .describe(
      "Size of the n-gram model. Larger ones tell short texts a little better; `extrasmall` takes some 170 MB of memory a worker, `small` 240, `large` 480.",
    ),
});

type LanguageScores = { readonly language: string; readonly languageScore: number };

/**
 * Tells the language with eld (n-grams of bytes, 60 languages) from the first 1,000 characters.
 * `language` is an ISO 639-1 code, empty when none can be told; `languageScore` is eld's score of it,
 * 0 to 1, which is not a probability and is no calibrated match for fastText's.
 */
export const filterLanguage = defineFilter<z.output<typeof options>, z.input<typeof options>, LanguageScores>({
  name: "filter-language",
  summary: "Tells the language of text and drops other languages or doubtful text.",
  modality: "text",
  reference: "eld 2.1.0",
  options,
  parts: ["text"],
  scores: ["language", "languageScore"],
  reasons: ["language", "language_score"],
  async open({ languages, model }) {
    const { eld } = await import("eld");
    if (!("load" in eld)) {
      throw new PipelineError(
        "OPERATOR_UNAVAILABLE",
        "filter-language: the installed eld cannot load models; expected 2.1.0",
      );
    }
    const detector = eld.newInstance();
    await detector.load(model);
    const known = new Set(Object.values(detector.info().Languages));
    const unknown = languages?.filter((language) => !known.has(language)) ?? [];
    if (unknown.length > 0) {
      throw new PipelineError(
        "INVALID_OPTION",
        `filter-language: cannot tell ${unknown.join(", ")}; expected some of ${[...known].sort().join(", ")}`,
        { details: { unknown } },
      );
    }
    return {
      score(part) {
        const found = detector.detect(textOf(part));
        return { language: found.language, languageScore: found.getScores()[found.language] ?? 0 };
      },
      decide({ language, languageScore }, chosen) {
        if (chosen.languages !== undefined && !chosen.languages.includes(language)) return "language";
        return languageScore < chosen.minScore ? "language_score" : undefined;
      },
    };
  },
});
