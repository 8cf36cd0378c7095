import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { PipelineError } from "../../src/model/errors.ts";
import type { Json } from "../../src/model/json.ts";
import { isMediaPart, type Part, type Sample } from "../../src/model/sample.ts";
import { behaviorCase, type ExpectedSample, samplesOf } from "./behavior-case.ts";
import { resolveSteps, runSteps } from "./run-case.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .sort();

describe("behavior", () => {
  it.each(files)("%s", async (file) => {
    const parsed = behaviorCase.safeParse(parse(readFileSync(`${folder}${file}`, "utf8")));
    if (!parsed.success) throw new Error(`${file} is no case:\n${z.prettifyError(parsed.error)}`);
    const { data } = parsed;
    if ("refused" in data.expect) {
      const { code, message } = data.expect.refused;
      const error: unknown = await runAll().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PipelineError);
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
      return;
    }
    const { kept, dropped, failed } = await runAll();
    expect({ kept: kept.map(({ id }) => id), dropped, failed }).toEqual({
      kept: data.expect.kept.map(({ id }) => id),
      dropped: data.expect.dropped,
      failed: data.expect.failed,
    });
    for (const [index, expected] of data.expect.kept.entries()) {
      const sample = kept[index];
      if (sample !== undefined) await compareSample(sample, expected);
    }

    async function runAll() {
      const steps = await resolveSteps(data.steps, data.seed, folder);
      return runSteps(steps, await samplesOf(data));
    }
  });
});

async function compareSample(sample: Sample, expected: ExpectedSample): Promise<void> {
  if (expected.attributes !== undefined)
    expect({ id: sample.id, attributes: rounded(sample.attributes) }).toEqual({
      id: sample.id,
      attributes: rounded(expected.attributes),
    });
  if (expected.parts === undefined) return;
  expect(sample.parts.map((part) => part.name)).toEqual(expected.parts.map((part) => part.name));
  for (const [index, wanted] of expected.parts.entries()) {
    const part = sample.parts[index];
    if (part !== undefined) expect(await partFacts(part)).toMatchObject(wanted);
  }
}

/** Numbers to six significant digits: scores come from floating point. */
function rounded(value: Json): unknown {
  if (typeof value === "number") return Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

async function partFacts(part: Part): Promise<object> {
  if (part.kind !== "image" || !isMediaPart(part)) return part;
  const { width, height } = await sharp(await part.content.bytes()).metadata();
  return { name: part.name, kind: part.kind, mediaType: part.mediaType, widthPixels: width, heightPixels: height };
}
