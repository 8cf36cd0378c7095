import { z } from "zod";
import { formatBytes } from "../src/contract/units.ts";

/** The little of JSON Schema that component options use. */
interface Described {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
  readonly anyOf?: readonly Described[] | undefined;
  readonly items?: Described | undefined;
  readonly pattern?: string | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: { readonly [name: string]: Described } | undefined;
  readonly additionalProperties?: Described | boolean | undefined;
}

const described: z.ZodType<Described> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    exclusiveMaximum: z.number().optional(),
    anyOf: z.array(described).optional(),
    items: described.optional(),
    pattern: z.string().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), described).optional(),
    additionalProperties: z.union([z.boolean(), described]).optional(),
  }),
);

/** What a user may write, as JSON Schema without the `$schema` line. */
function inputSchemaOf(schema: z.ZodType): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    // zod leaves out the default of a schema that transforms, although parsing takes it.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default ??= zodSchema.def.defaultValue;
    },
  });
  return rest;
}

/** A Markdown table of the options of a schema: name, type, default, meaning. */
export function optionsTable(schema: z.ZodType): string {
  const object = described.parse(inputSchemaOf(schema));
  const options = Object.entries(object.properties ?? {});
  if (options.length === 0) return "No options.";
  const rows = options.map(([name, option]) => {
    const isRequired = object.required?.includes(name) === true;
    const value = isRequired ? "required" : defaultText(option);
    return `| ${code(name)} | ${cell(typeText(option))} | ${cell(value)} | ${cell(option.description ?? "")} |`;
  });
  return ["| option | type | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function defaultText(option: Described): string {
  if (option.default === undefined) return "";
  const isSize = measureOf(option) === "size" && typeof option.default === "number";
  return code(isSize ? formatBytes(Number(option.default)).replace(" ", "") : JSON.stringify(option.default));
}

/** Sizes and durations are unions of a number and a text with units: the units in the pattern tell. */
function measureOf(option: Described): "size" | "duration" | undefined {
  const pattern = option.anyOf?.find((one) => one.type === "string")?.pattern ?? "";
  if (pattern.includes("[KMGT]iB")) return "size";
  return pattern.includes("(ms|s|m|h)") ? "duration" : undefined;
}

/** The type as a reader says it: `whole number >= 1`, `"filter" or "score"`, `list of text`. */
function typeText(option: Described): string {
  if (option.const !== undefined) return code(JSON.stringify(option.const));
  if (option.enum !== undefined) return option.enum.map((value) => code(JSON.stringify(value))).join(" or ");
  const measure = measureOf(option);
  if (measure !== undefined) return measure === "size" ? "size such as `256MiB`" : "duration such as `30s`";
  if (option.anyOf !== undefined) return [...new Set(option.anyOf.map(typeText))].join(" or ");
  if (Array.isArray(option.type)) return option.type.map((type: string) => typeText({ ...option, type })).join(" or ");
  switch (option.type) {
    case "string":
      return "text";
    case "integer":
      return `whole number${limitsText(option)}`;
    case "number":
      return `number${limitsText(option)}`;
    case "null":
      return code("null");
    case "boolean":
      return "true or false";
    case "array":
      return `list of ${option.items === undefined ? "anything" : typeText(option.items)}`;
    case "object":
      return objectText(option);
    default:
      return "anything";
  }
}

function objectText(option: Described): string {
  if (option.properties !== undefined) return `object of ${Object.keys(option.properties).map(code).join(", ")}`;
  if (typeof option.additionalProperties === "object") return `names to ${typeText(option.additionalProperties)}`;
  return "object";
}

function limitsText(option: Described): string {
  // The limits of safe integers are a fact of the language, not a rule of the option.
  const isRule = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) !== Number.MAX_SAFE_INTEGER;
  const limits = [
    isRule(option.minimum) ? `>= ${option.minimum}` : "",
    isRule(option.exclusiveMinimum) ? `> ${option.exclusiveMinimum}` : "",
    isRule(option.maximum) ? `<= ${option.maximum}` : "",
    isRule(option.exclusiveMaximum) ? `< ${option.exclusiveMaximum}` : "",
  ].filter((limit) => limit !== "");
  return limits.length === 0 ? "" : ` ${limits.join(" and ")}`;
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Text that stays inside one cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
}
