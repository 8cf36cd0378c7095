import { z } from "zod";
import { filterOptions } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import { PipelineError } from "../../model/errors.ts";
import {
  isMediaPart,
  type MediaPart,
  type Part,
  type Sample,
  type TextPart,
  withAttributes,
} from "../../model/sample.ts";
import { decodeHtml } from "./html-bytes.ts";
import { isDeeperThan } from "./html-depth.ts";
import { textOfHtml } from "./html-text.ts";

const options = z.strictObject({
  part: filterOptions.part.describe("Name of the one part that holds the page. Without it every HTML part does."),
  scope: z
    .enum(["article", "body"])
    .default("article")
    .describe(
      "`article`: the main text as Readability finds it, without menus and the like; `body`: all visible text.",
    ),
  minCharacters: z
    .int()
    .min(0)
    .default(1)
    .describe("Pages with less text than that, in UTF-16 code units, are dropped."),
  name: z
    .string()
    .min(1)
    .default("text")
    .describe("Name of the text part; `-2` and so on is appended when it is taken."),
  keepHtml: z.boolean().default(false).describe("Whether the HTML part stays beside the text."),
  maxDepth: z
    .int()
    .min(1)
    .max(1000)
    .default(256)
    .describe("Deepest nesting of elements. Deeper pages fail: they cost more than quadratic time."),
  maxHtmlBytes: z
    .int()
    .min(1)
    .default(16 * 1024 * 1024)
    .describe("Largest page. Larger ones fail."),
});

type Options = z.output<typeof options>;
type HtmlPart = TextPart | MediaPart;

/**
 * Makes text of web pages: parts of type `text/html` or `application/xhtml+xml`, as text or as bytes (decoded
 * by byte order mark, then declared charset, then UTF-8; what is invalid becomes U+FFFD). The text part takes
 * the page's place. Attribute `title` is the first page's title, empty when it or the page is missing. A page without
 * enough text drops the sample as `no_text`. Fails with SAMPLE_TOO_LARGE above `maxDepth` or `maxHtmlBytes`.
 */
export const extractHtml = defineMap<Options, z.input<typeof options>>({
  name: "extract-html",
  summary: "Makes text of web pages, the main article or all that is visible.",
  modality: "text",
  reference: "@mozilla/readability 0.6.0 on linkedom 0.18.15",
  options,
  signature: () => ({
    reads: [],
    writes: ["title"],
    parts: ["text", "document", "bytes"],
    addsParts: ["text"],
  }),
  dropReasons: () => ["no_text"],
  async open(chosen) {
    const [{ parseHTML }, { Readability }] = await Promise.all([import("linkedom"), import("@mozilla/readability")]);
    const extract = (html: string): Page => {
      checkSize(html, chosen);
      const { document } = parseHTML(wholePage(html));
      if (chosen.scope === "body") return { title: document.title, text: textOfHtml(document.body) };
      const article = new Readability(document, { serializer: textOfHtml }).parse();
      return { title: article?.title ?? "", text: article?.content ?? "" };
    };
    return {
      apply(sample: Sample): Outcome | Promise<Outcome> {
        const pages = sample.parts.filter((part) => isHtml(part, chosen.part));
        if (pages.length === 0) return { kind: "keep", sample: withoutPage(sample) };
        const texts = pages.map(htmlInMemory);
        if (texts.every((html) => html !== undefined)) return outcomeOf(sample, pages, texts.map(extract), chosen);
        return Promise.all(pages.map(readHtml)).then((all) => outcomeOf(sample, pages, all.map(extract), chosen));
      },
    };
  },
});

/** Other text and bytes get the attribute too, so that later steps can rely on it; a title that is there stays. */
function withoutPage(sample: Sample): Sample {
  const isOther = sample.parts.every(({ kind }) => kind !== "text" && kind !== "document" && kind !== "bytes");
  return isOther || sample.attributes.title !== undefined ? sample : withAttributes(sample, { title: "" });
}

interface Page {
  readonly title: string;
  readonly text: string;
}

function isHtml(part: Part, name: string | undefined): part is HtmlPart {
  if (part.kind === "embedding" || (name !== undefined && part.name !== name)) return false;
  const type = part.mediaType.split(";")[0]?.trim().toLowerCase();
  return type === "text/html" || type === "application/xhtml+xml";
}

function htmlInMemory(part: HtmlPart): string | undefined {
  if (part.kind === "text") return part.text;
  const bytes = part.content.peek();
  return bytes === undefined ? undefined : decodeHtml(bytes);
}

async function readHtml(part: HtmlPart): Promise<string> {
  return isMediaPart(part) ? decodeHtml(await part.content.bytes()) : part.text;
}

function checkSize(html: string, { maxHtmlBytes, maxDepth }: Options): void {
  const bytes = Buffer.byteLength(html);
  if (bytes > maxHtmlBytes) {
    throw new PipelineError(
      "SAMPLE_TOO_LARGE",
      `extract-html: the page has ${bytes} bytes; expected at most ${maxHtmlBytes} (maxHtmlBytes)`,
      { details: { bytes, maxHtmlBytes } },
    );
  }
  if (isDeeperThan(html, maxDepth)) {
    throw new PipelineError("SAMPLE_TOO_LARGE", `extract-html: elements nest deeper than ${maxDepth} (maxDepth)`, {
      details: { maxDepth },
    });
  }
}

/** linkedom builds no body around a fragment. */
function wholePage(html: string): string {
  return /<(?:html|body)[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`;
}

function outcomeOf(sample: Sample, pages: readonly Part[], found: readonly Page[], chosen: Options): Outcome {
  const attributes = { ...sample.attributes, title: found[0]?.title ?? "" };
  if (found.some(({ text }) => text.length < chosen.minCharacters)) {
    return { kind: "drop", reason: "no_text", sample: { ...sample, attributes } };
  }
  const names = new Set(
    sample.parts.filter((part) => chosen.keepHtml || !pages.includes(part)).map(({ name }) => name),
  );
  const parts = sample.parts.flatMap((part): readonly Part[] => {
    const page = found[pages.indexOf(part)];
    if (page === undefined) return [part];
    const name = freeName(chosen.name, names);
    names.add(name);
    const text: Part = { kind: "text", name, mediaType: "text/plain", text: page.text };
    return chosen.keepHtml ? [part, text] : [text];
  });
  return { kind: "keep", sample: { id: sample.id, parts, attributes } };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
}
