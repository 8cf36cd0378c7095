import { z } from "zod";
import type { SourceSpec } from "../contract/source.ts";
import type { ResolvedComponent } from "./resolve-components.ts";

/**
 * The option that is true or false, and false now, with which the source would take attributes from the
 * input. Found by asking the source what it would produce with each.
 */
export function openingOption({ spec, options }: ResolvedComponent<SourceSpec>): string | undefined {
  const { properties } = z.toJSONSchema(spec.options, { io: "input", unrepresentable: "any" });
  for (const [name, schema] of Object.entries(properties ?? {})) {
    if (typeof schema !== "object" || schema.type !== "boolean" || options[name] === true) continue;
    const changed = spec.options.safeParse({ ...options, [name]: true });
    if (changed.success && spec.produces(changed.data).isOpen) return name;
  }
  return undefined;
}
