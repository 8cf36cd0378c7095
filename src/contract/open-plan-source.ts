import { type Catalog, loadComponent } from "./catalog.ts";
import type { Plan } from "./plan.ts";
import type { OpenedSource } from "./source.ts";

/** Rejects with UNKNOWN_COMPONENT, or with what the source says when it cannot be opened. */
export async function openPlanSource(plan: Plan, catalog: Catalog): Promise<OpenedSource> {
  const spec = await loadComponent(catalog.sources, "source", plan.source.name);
  return spec.open(spec.options.parse(plan.source.options));
}

/** URIs that the options of a plan's source name. */
export async function locationsOfSource(plan: Plan, catalog: Catalog): Promise<readonly string[]> {
  const spec = await loadComponent(catalog.sources, "source", plan.source.name);
  const locations: string[] = [];
  spec.resolveLocations(spec.options.parse(plan.source.options), (location) => {
    locations.push(location);
    return location;
  });
  return locations;
}
