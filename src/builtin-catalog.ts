import type { Catalog } from "./contract/catalog.ts";

/** Every built-in component, by name. Adding one = its source, its test and its line here. */
export const builtinCatalog = {
  sources: {},
  operators: {},
  sinks: {},
} satisfies Catalog;
