import type { JsonObject } from "../model/json.ts";
import { relativeUri } from "../storage/uri.ts";
import type { InputSurvey } from "./survey-input.ts";

interface ChosenComponent {
  readonly name: string;
  readonly options: JsonObject;
  /** For the person who reads the choice. */
  readonly why: string;
}

/** A pipeline for an input that nobody wrote a file for. */
export interface InferredPipeline {
  readonly source: ChosenComponent;
  readonly steps: readonly ChosenComponent[];
  readonly sink: ChosenComponent;
}

/** URIs of what the pipeline itself makes. */
interface OwnFiles {
  readonly output: string;
  readonly file?: string;
}

/**
 * Sensible steps for what a survey found. Cautious: it drops what is surely useless for training, scores
 * what is a matter of taste, and changes no media. `location` is how the file shall name the input;
 * what of `ours` lies inside the input is left out of it.
 */
export function inferPipeline(survey: InputSurvey, location: string, ours: OwnFiles): InferredPipeline {
  const below = (uri: string) => {
    const relative = relativeUri(survey.uri, uri);
    return relative === uri ? [] : [relative];
  };
  const exclude = [
    ...below(ours.output).map((folder) => `${folder}/**`),
    ...(ours.file === undefined ? [] : below(ours.file)),
  ];
  const hasMedia = Object.entries(survey.media).some(([kind, count]) => kind !== "bytes" && count > 0);
  return {
    source: {
      name: survey.source,
      options: { path: location, ...(exclude.length === 0 ? {} : { exclude }), ...survey.sourceOptions },
      why: survey.why,
    },
    steps: [
      ...(survey.media.video + survey.media.audio > 0 ? probeSteps : []),
      ...(survey.media.image > 0 ? imageSteps : []),
      ...(survey.html > 0 ? htmlSteps : []),
      ...textSteps(survey),
    ],
    sink: hasMedia
      ? { name: "webdataset", options: {}, why: "media go into tar shards that training loaders read in order" }
      : { name: "parquet", options: {}, why: "text goes into compressed columns that every data tool reads" },
  };
}

const probeSteps: readonly ChosenComponent[] = [
  { name: "probe-media", options: {}, why: "duration, size, rate and codec as attributes" },
];

const imageSteps: readonly ChosenComponent[] = [
  {
    name: "filter-image-size",
    options: { minShortestEdgePixels: 64 },
    why: "drops icons and thumbnails, which teach nothing",
  },
  {
    name: "filter-blur",
    options: { mode: "score" },
    why: "scores sharpness; drops nothing until you choose a threshold",
  },
  { name: "filter-exposure", options: { mode: "score" }, why: "scores brightness; drops nothing" },
  { name: "hash-image", options: {}, why: "perceptual hash, to find near-duplicates" },
];

const htmlSteps: readonly ChosenComponent[] = [
  { name: "extract-html", options: {}, why: "takes the readable text out of web pages" },
];

/**
 * Rules for documents would drop every caption, which is short by nature. The language is for whoever asks for
 * it: its model takes more memory than the rest of a worker together.
 */
function textSteps(survey: InputSurvey): readonly ChosenComponent[] {
  const documents = survey.texts + survey.html;
  if (documents + survey.captions === 0) return [];
  const normalize = { name: "normalize-text", options: {}, why: "one Unicode form, no control characters" };
  if (documents <= survey.captions) return [normalize];
  return [
    normalize,
    { name: "filter-gopher-quality", options: {}, why: "drops what is no prose: lists, tables, fragments" },
    { name: "filter-gopher-repetition", options: {}, why: "drops texts that repeat themselves" },
  ];
}

/** The pipeline as the data of a pipeline file. */
export function inferredDocument(inferred: InferredPipeline): JsonObject {
  const entry = ({ name, options }: ChosenComponent) =>
    Object.keys(options).length === 0 ? name : { [name]: options };
  return {
    source: entry(inferred.source),
    steps: inferred.steps.map(entry),
    sink: entry(inferred.sink),
  };
}

/** The choice for a person, before it runs. */
export function inferredLines(inferred: InferredPipeline): readonly string[] {
  const chosen: readonly (readonly [string, ChosenComponent])[] = [
    ["source", inferred.source],
    ...inferred.steps.map((step) => ["step", step] as const),
    ["sink", inferred.sink],
  ];
  const text = ({ name, options }: ChosenComponent) => {
    const shown = Object.entries(options).filter(([key]) => key !== "path");
    return shown.length === 0
      ? name
      : `${name} (${shown.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ")})`;
  };
  const width = Math.max(...chosen.map(([, component]) => text(component).length));
  return chosen.map(([role, component]) => `  ${role.padEnd(6)}  ${text(component).padEnd(width)}  ${component.why}`);
}
