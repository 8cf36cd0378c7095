import { type Catalog, loadComponent } from "./catalog.ts";
import type { Plan } from "./plan.ts";
import type { OpenedSource, SourceSpec } from "./source.ts";

/** Rejects with UNKNOWN_COMPONENT, or with what the source says when it cannot be opened. */
export async function openPlanSource(plan: Plan, catalog: Catalog): Promise<OpenedSource> {
  const { spec, options } = await sourceOf(plan, catalog);
  return spec.open(options);
}

/** URIs that the options of a plan's source name. Rejects with UNKNOWN_COMPONENT. */
export async function locationsOfSource(plan: Plan, catalog: Catalog): Promise<readonly string[]> {
  const { spec, options } = await sourceOf(plan, catalog);
  const locations: string[] = [];
  spec.resolveLocations(options, (location) => {
    locations.push(location);
    return location;
  });
  return locations;
}

async function sourceOf({ source }: Plan, catalog: Catalog) {
  const spec: SourceSpec = await loadComponent(catalog.sources, "source", source.name);
  return { spec, options: spec.options.parse(source.options) };
}
