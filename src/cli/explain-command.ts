import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import { PipelineError } from "../model/errors.ts";
import { paintFor } from "../telemetry/paint.ts";
import { exitCodes } from "./exit-code.ts";
import { fileLines } from "./explain/file-lines.ts";
import { type FileStory, fileStory } from "./explain/file-story.ts";
import { type Found, type FoundSample, findSample } from "./explain/find-sample.ts";
import { followRetries } from "./explain/follow-retries.ts";
import { type SampleNames, sampleNames } from "./explain/sample-names.ts";
import { type SampleStory, sampleStory } from "./explain/sample-story.ts";
import { stepFacts } from "./explain/step-facts.ts";
import { storyLines } from "./explain/story-lines.ts";
import { type SampleTrace, traceSample } from "./explain/trace-sample.ts";
import { openRun, type RecordedRun } from "./open-run.ts";
import { terminal } from "./terminal.ts";

interface ExplainOptions {
  readonly checkpoints?: string;
  readonly json?: true;
}

/** `pipeline explain <output> <sample>`: what became of a sample, or of the samples of an input file. */
export async function explainCommand(output: string, name: string, options: ExplainOptions): Promise<number> {
  const run = await openRun(output, options.checkpoints);
  const names = sampleNames(name);
  const found = await findSample(run, names);
  const file =
    found.samples.length === 0 && found.file !== undefined ? await fileStory(run, found, found.file) : undefined;
  const samples = file?.only === undefined || file.unfinishedSplits.length > 0 ? found.samples : [file.only];
  const stories = await storiesOf(run, samples, names, found);
  if (stories.length > 0) printStories(stories, options);
  else if (file !== undefined) printFile(file, options);
  else printUnfinished(found, names, options);
  return exitCodes.done;
}

async function storiesOf(
  run: RecordedRun,
  samples: readonly FoundSample[],
  names: SampleNames,
  found: Found,
): Promise<readonly SampleStory[]> {
  const stories: SampleStory[] = [];
  if (samples.length === 0) return stories;
  const facts = await stepFacts(run.start.plan, builtinCatalog);
  for (const sample of samples) {
    const root = await traceSample(run, sample);
    await followRetries(run, root, sample.logged.position);
    const path = found.file === undefined ? pathTo(root, names.text) : (pathTo(root, names.text) ?? [root]);
    if (path === undefined) throw noSuchChild(root, names);
    const story = await sampleStory(run, sample, path, facts);
    if (story !== undefined) stories.push(story);
  }
  return stories;
}

/** From the sample that was read to the one of that id, both included. */
function pathTo(trace: SampleTrace, id: string): readonly SampleTrace[] | undefined {
  if (trace.id === id) return [trace];
  for (const child of trace.children) {
    const path = pathTo(child, id);
    if (path !== undefined) return [trace, ...path];
  }
  return undefined;
}

function printStories(stories: readonly SampleStory[], { json }: ExplainOptions): void {
  if (json === true) {
    terminal.printJson({ samples: stories });
    return;
  }
  for (const [index, story] of stories.entries()) {
    terminal.print(...(index === 0 ? [] : [""]), ...storyLines(story, width(), paintFor(process.stdout)));
  }
}

function printFile(story: FileStory, { json }: ExplainOptions): void {
  if (json === true) terminal.printJson({ ...story, only: undefined });
  else terminal.print(...fileLines(story, width(), paintFor(process.stdout)));
}

/** Throws SAMPLE_NOT_FOUND unless the sample may yet come. */
function printUnfinished({ splits, near }: Found, { text }: SampleNames, { json }: ExplainOptions): void {
  const unfinished = splits.filter(({ receipt }) => receipt === undefined).map(({ index }) => index);
  if (unfinished.length === 0) throw notFound(text, near);
  if (json === true) terminal.printJson({ samples: [], unfinishedSplits: unfinished });
  else {
    const paint = paintFor(process.stdout);
    terminal.print(
      `${paint("bold", text)}  ${paint("cyan", "not finished")}: if the input holds it, it is in split ${unfinished.join(" or ")}, which the run has not finished yet`,
    );
  }
}

function notFound(text: string, near: readonly string[]): PipelineError {
  const hint =
    near.length === 0 ? "" : `; the nearest that were read: ${near.map((id) => JSON.stringify(id)).join(", ")}`;
  return new PipelineError(
    "SAMPLE_NOT_FOUND",
    `no sample and no input file of the run is named ${JSON.stringify(text)}${hint}`,
    {
      details: { name: text, near: [...near] },
    },
  );
}

function noSuchChild({ id, children }: SampleTrace, { text }: SampleNames): PipelineError {
  const became =
    children.length === 0
      ? "was not split"
      : `was split into ${children.length}, ${JSON.stringify(children[0]?.id)} to ${JSON.stringify(children.at(-1)?.id)}`;
  return new PipelineError(
    "SAMPLE_NOT_FOUND",
    `there is no sample ${JSON.stringify(text)}: ${JSON.stringify(id)} ${became}`,
    {
      details: { name: text, parent: id },
    },
  );
}

function width(): number {
  return Math.min(process.stdout.columns ?? 100, 120);
}
