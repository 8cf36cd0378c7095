import process from "node:process";
import { z } from "zod";
import { builtinCatalog } from "../builtin-catalog.ts";
import type { Catalog } from "../contract/catalog.ts";
import { PipelineError } from "../model/errors.ts";
import { suggest } from "../plan/suggest.ts";
import { type Paint, paintFor } from "../telemetry/paint.ts";
import { wrapText } from "../telemetry/wrap-text.ts";
import { allFacts, type ComponentFacts, factsOf } from "./component-facts.ts";
import { exitCodes } from "./exit-code.ts";
import { terminal } from "./terminal.ts";

/** `pipeline operators [name]`: the catalogue, from the schemas. */
export async function operatorsCommand(name: string | undefined, options: { readonly json?: true }): Promise<number> {
  const catalog: Catalog = builtinCatalog;
  const width = Math.min(process.stdout.columns ?? 100, 120);
  if (name === undefined) {
    const facts = await allFacts(catalog);
    if (options.json === true) terminal.printJson(facts);
    else terminal.print(...catalogueLines(facts, width, paintFor(process.stdout)));
    return exitCodes.done;
  }
  const found = await factsOf(catalog, name);
  if (found.length === 0) throw unknownComponent(catalog, name);
  if (options.json === true) terminal.printJson(found.length === 1 ? found[0] : found);
  else terminal.print(...found.flatMap((facts) => componentLines(facts, width, paintFor(process.stdout))));
  return exitCodes.done;
}

function unknownComponent(catalog: Catalog, name: string): PipelineError {
  const names = [catalog.sources, catalog.operators, catalog.sinks].flatMap((loaders) => Object.keys(loaders));
  const suggestion = suggest(name, names);
  const hint = suggestion === undefined ? "" : ` Did you mean ${JSON.stringify(suggestion)}?`;
  return new PipelineError(
    "UNKNOWN_COMPONENT",
    `there is no source, operator or sink named ${JSON.stringify(name)}.${hint}`,
    { details: { name, ...(suggestion === undefined ? {} : { suggestion }) } },
  );
}

function catalogueLines(facts: readonly ComponentFacts[], width: number, paint: Paint): readonly string[] {
  const groups = [
    { title: "Sources", members: facts.filter((each) => each.kind === "source") },
    { title: "Operators", members: facts.filter((each) => each.kind !== "source" && each.kind !== "sink") },
    { title: "Sinks", members: facts.filter((each) => each.kind === "sink") },
  ];
  const nameWidth = Math.max(...facts.map((each) => each.name.length), 8);
  const lines = groups.flatMap(({ title, members }) => [
    paint("bold", title),
    ...members.flatMap((each) => {
      const tag = each.kind === "source" || each.kind === "sink" ? "" : `${each.modality}, ${each.kind}`;
      const lead = `  ${each.name.padEnd(nameWidth)}  ${tag.padEnd(14)}  `;
      const [first = "", ...rest] = wrapText(each.summary, Math.max(30, width - lead.length));
      const painted = `  ${paint("cyan", each.name.padEnd(nameWidth))}  ${paint("dim", tag.padEnd(14))}  ${first}`;
      return [painted, ...rest.map((line) => " ".repeat(lead.length) + line)];
    }),
    "",
  ]);
  return [...lines, "`pipeline operators <name>` shows the options of one."];
}

const optionsShape = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).optional(),
  required: z.array(z.string()).optional(),
});

function componentLines(facts: ComponentFacts, width: number, paint: Paint): readonly string[] {
  const kind =
    facts.kind === "source" || facts.kind === "sink" ? facts.kind : `${facts.kind} operator, ${facts.modality}`;
  const lines = [`${paint("bold", facts.name)}  ${paint("dim", kind)}`, ...wrapText(facts.summary, width)];
  if (facts.reference !== undefined) lines.push(...wrapText(`Reference: ${facts.reference}`, width));
  lines.push("", ...optionLines(facts.options, width, paint));
  if (facts.kind !== "source" && facts.kind !== "sink") lines.push("", ...effectLines(facts, width));
  if (facts.produces !== undefined) {
    lines.push(
      "",
      `Gives attributes: ${listed(facts.produces.attributes)}${facts.produces.isOpen ? " and what the input holds" : ""}`,
    );
    lines.push(`Gives parts: ${listed(facts.produces.parts)}`);
  }
  return [...lines, ""];
}

function optionLines(schema: unknown, width: number, paint: Paint): readonly string[] {
  const shape = optionsShape.safeParse(schema);
  const properties = Object.entries(shape.data?.properties ?? {});
  if (properties.length === 0) return ["Options: none"];
  const required = new Set(shape.data?.required ?? []);
  return [
    "Options",
    ...properties.flatMap(([name, property]) => {
      const fallback =
        "default" in property
          ? `default ${JSON.stringify(property.default)}`
          : required.has(name)
            ? "required"
            : "optional";
      const head = `  ${paint("cyan", name)}  ${paint("dim", `${typeText(property)}, ${fallback}`)}`;
      return [head, ...wrapText(property.description ?? "", width - 6).map((line) => `      ${line}`)];
    }),
  ];
}

function effectLines(facts: ComponentFacts, width: number): readonly string[] {
  const { signature } = facts;
  if (signature === undefined) return ["What it reads and writes depends on its options."];
  const effects = [
    `Works on parts: ${signature.parts.length === 0 ? "none in particular" : listed(signature.parts)}`,
    `Reads attributes: ${listed(signature.reads)}`,
    `Writes attributes: ${listed(signature.writes)}`,
    ...(signature.addsParts === undefined ? [] : [`Adds parts: ${listed(signature.addsParts)}`]),
    `Drops for: ${listed(facts.dropReasons ?? [])}`,
  ];
  return effects.flatMap((line) => wrapText(line, width));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

const memberShape = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

function typeText(schema: unknown): string {
  const parsed = memberShape.safeParse(schema);
  if (!parsed.success) return "any";
  const { data } = parsed;
  if (data.enum !== undefined) return data.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (data.const !== undefined) return JSON.stringify(data.const);
  if (data.anyOf !== undefined) return [...new Set(data.anyOf.map(typeText))].join(" | ");
  if (data.type === "array") return `list of ${typeText(data.items)}`;
  const type = Array.isArray(data.type) ? data.type.join(" | ") : (data.type ?? "any");
  return `${type}${rangeText(data.minimum, data.maximum)}`;
}

function rangeText(minimum: number | undefined, maximum: number | undefined): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (low !== undefined && high !== undefined) return ` ${low} to ${high}`;
  if (low !== undefined) return ` >= ${low}`;
  return high === undefined ? "" : ` <= ${high}`;
}
