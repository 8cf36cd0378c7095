import path from "node:path";
import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { OpenedSource, SourceItem, SourceSpec, Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import { isMediaPart, type MediaKind, type Sample } from "../model/sample.ts";
import { shownUri, withoutQuery } from "../storage/uri.ts";
import { peekItems } from "../worker/peek-items.ts";
import { chooseSource, type SourceName } from "./choose-source.ts";
import { textFieldOf, textFieldOptions } from "./text-field.ts";

/** What a look at some hundred samples of an input found. Counts are samples. */
export interface InputSurvey {
  readonly uri: string;
  readonly source: SourceName;
  /** Options of the source that reading it sensibly takes, beside the path. */
  readonly sourceOptions: JsonObject;
  /** Why this source, for a person. */
  readonly why: string;
  readonly samples: number;
  readonly unreadable: number;
  readonly media: { readonly [kind in MediaKind]: number };
  /** Text that stands alone, not HTML. */
  readonly texts: number;
  /** Text beside media: captions, labels. */
  readonly captions: number;
  readonly html: number;
}

const samplesLookedAt = 300;
const splitsLookedAt = 8;

/** Looks at what lies at a URI. Rejects with INPUT_NOT_FOUND or INPUT_EMPTY. */
export async function surveyInput(uri: string, catalog: Catalog): Promise<InputSurvey> {
  const { name, why } = await chooseSource(uri);
  const spec = await loadComponent(catalog.sources, "source", name);
  const peek = (options: JsonObject) => peekAt(spec, { path: uri, ...options });
  const textField = textFieldOptions[name];
  let sourceOptions: JsonObject = {};
  let items = await peek(textField?.none ?? {});
  const samples = samplesOf(items);
  // Columns of media or of usual text make parts by themselves; only records without any have a text to look for.
  if (textField !== undefined && samples.every((sample) => sample.parts.length === 0)) {
    sourceOptions = textField.choose(textFieldOf(samples));
    items = await peek(sourceOptions);
  }
  if (items.length === 0) throw new PipelineError("INPUT_EMPTY", `${JSON.stringify(shownUri(uri))} holds no sample`);
  return { uri, source: name, sourceOptions, why, ...countsOf(items) };
}

async function peekAt(spec: SourceSpec, options: JsonObject): Promise<readonly SourceItem[]> {
  const source = await spec.open(spec.options.parse(options));
  try {
    return await peekItems(source, await firstSplits(source), samplesLookedAt);
  } finally {
    await source.close?.();
  }
}

function samplesOf(items: readonly SourceItem[]): readonly Sample[] {
  return items.flatMap((item) => (item.kind === "sample" ? [item.sample] : []));
}

async function firstSplits(source: OpenedSource): Promise<readonly Split[]> {
  const splits: Split[] = [];
  const stop = new AbortController();
  for await (const split of source.splits(stop.signal)) {
    splits.push(split);
    if (splits.length >= splitsLookedAt) break;
  }
  return splits;
}

function countsOf(items: readonly SourceItem[]) {
  const samples = samplesOf(items);
  const count = (holds: (sample: Sample) => boolean) => samples.filter(holds).length;
  const media = (kind: MediaKind) => count((sample) => sample.parts.some((part) => part.kind === kind));
  const hasMedia = (sample: Sample) => sample.parts.some((part) => isMediaPart(part) && part.kind !== "bytes");
  const hasText = (sample: Sample, isHtml: boolean) =>
    sample.parts.some((part) => part.kind === "text" && (part.mediaType === "text/html") === isHtml);
  return {
    samples: items.length,
    unreadable: items.length - samples.length,
    media: {
      image: media("image"),
      video: media("video"),
      audio: media("audio"),
      document: media("document"),
      series: media("series"),
      bytes: media("bytes"),
    },
    texts: count((sample) => hasText(sample, false) && !hasMedia(sample)),
    captions: count((sample) => hasText(sample, false) && hasMedia(sample)),
    html: count((sample) => hasText(sample, true)),
  };
}

/** `240 with images, 12 with text (of 300 looked at)`. */
export function surveyLine(survey: InputSurvey): string {
  const kinds: readonly (readonly [string, number])[] = [
    ["with images", survey.media.image],
    ["with video", survey.media.video],
    ["with audio", survey.media.audio],
    ["with documents", survey.media.document],
    ["with sensor logs", survey.media.series],
    ["of text", survey.texts],
    ["with text beside media", survey.captions],
    ["of HTML", survey.html],
    ["of unknown bytes", survey.media.bytes],
    ["unreadable", survey.unreadable],
  ];
  const found = kinds.flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]));
  return `looked at ${survey.samples} ${survey.samples === 1 ? "sample" : "samples"} of ${path.basename(withoutQuery(survey.uri))}: ${found.join(", ")}`;
}
