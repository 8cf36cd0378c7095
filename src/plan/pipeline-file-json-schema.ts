import { z } from "zod";
import type { Catalog } from "../contract/catalog.ts";
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { pipelineFileSchema } from "./pipeline-file-schema.ts";
import { plainData } from "./plain-data.ts";

interface Described {
  readonly summary: string;
  readonly options: z.ZodType;
}

/**
 * JSON Schema (draft 2020-12) of a whole pipeline file, for editors: the options of every component of the
 * catalog, with their defaults and descriptions. Loads every component.
 */
export async function pipelineFileJsonSchema(catalog: Catalog): Promise<JsonObject> {
  const schema = jsonSchemaOf(pipelineFileSchema);
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const described = (key: string, members: JsonObject): JsonObject => {
    const own = properties[key];
    const description = isJsonObject(own) ? own.description : undefined;
    return { ...members, ...(description === undefined ? {} : { description }) };
  };
  const source = await usesOf(catalog.sources);
  const step = await usesOf(catalog.operators);
  const sink = await usesOf(catalog.sinks);
  return {
    ...schema,
    title: "A pipeline of multimodal-pipeline",
    properties: {
      ...properties,
      source: described("source", source),
      steps: described("steps", { type: "array", items: step, default: [] }),
      sink: described("sink", sink),
    },
    required: ["source", "sink"],
  };
}

/** Either form in which a file names a component: its name alone where no option is required, or one key with the options. */
async function usesOf(loaders: { readonly [name: string]: () => Promise<Described> }): Promise<JsonObject> {
  const forms: Json[] = [];
  for (const [name, load] of Object.entries(loaders)) {
    const { summary, options } = await load();
    const { $schema: _, ...schema } = jsonSchemaOf(options);
    const required: Json = schema.required ?? [];
    const needsOptions = Array.isArray(required) && required.length > 0;
    if (!needsOptions) forms.push({ const: name, description: summary });
    forms.push({
      type: "object",
      description: summary,
      properties: { [name]: needsOptions ? schema : { anyOf: [schema, { type: "null" }] } },
      required: [name],
      additionalProperties: false,
    });
  }
  return { anyOf: forms };
}

function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const json = plainData(
    { ...z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) },
    () => {
      // A schema that JSON cannot hold says null there, which editors read as "anything".
    },
  );
  return isJsonObject(json) ? json : {};
}
