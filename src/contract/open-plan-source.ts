import { type Catalog, loadComponent } from "./catalog.ts";
import type { Plan } from "./plan.ts";
import type { OpenedSource } from "./source.ts";

/** Rejects with UNKNOWN_COMPONENT, or with what the source says when it cannot be opened. */
export async function openPlanSource(plan: Plan, catalog: Catalog): Promise<OpenedSource> {
  const spec = await loadComponent(catalog.sources, "source", plan.source.name);
  return spec.open(spec.options.parse(plan.source.options));
}
