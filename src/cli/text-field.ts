import type { JsonObject } from "../model/json.ts";
import type { Sample } from "../model/sample.ts";
import type { SourceName } from "./choose-source.ts";

/** How a source of records is told which field is the text. */
export interface TextFieldOption {
  /** Options that leave every field an attribute, to look at them all. */
  readonly none: JsonObject;
  /** Options that make `field` the text; undefined = no field is. */
  choose(field: string | undefined): JsonObject;
}

export const textFieldOptions: { readonly [Name in SourceName]?: TextFieldOption } = {
  jsonl: { none: { textField: null }, choose: (field) => ({ textField: field ?? null }) },
  csv: { none: { textColumn: null }, choose: (field) => ({ textColumn: field ?? null }) },
  parquet: { none: {}, choose: (field): JsonObject => (field === undefined ? {} : { textColumns: [field] }) },
};

const usualNames = ["text", "content", "body", "document", "caption"];
const minMeanCharacters = 20;

/**
 * The attribute that holds the text of records: one with a usual name, else the longest on average, if that is
 * long enough to be more than a label. It has to be a string in at least half of the samples.
 */
export function textFieldOf(samples: readonly Sample[]): string | undefined {
  const fields = new Map<string, { count: number; characters: number }>();
  for (const { attributes } of samples) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value !== "string") continue;
      const field = fields.get(name) ?? { count: 0, characters: 0 };
      fields.set(name, { count: field.count + 1, characters: field.characters + value.length });
    }
  }
  const common = [...fields].filter(([, { count }]) => count * 2 >= samples.length);
  const usual = usualNames.find((name) => common.some(([field]) => field === name));
  if (usual !== undefined) return usual;
  const mean = ({ count, characters }: { count: number; characters: number }) => characters / count;
  const [longest] = common.sort((a, b) => mean(b[1]) - mean(a[1]));
  return longest !== undefined && mean(longest[1]) >= minMeanCharacters ? longest[0] : undefined;
}
