import { canonicalJson, type Json } from "../model/json.ts";
import { differingKeys } from "./differing-keys.ts";
import { pathText } from "./finding.ts";
import type { ResolvedPipeline } from "./resolve-pipeline.ts";
import { settingOverrides } from "./settings-overrides.ts";

/**
 * The keys of the pipeline file by which two resolved pipelines differ, in its words: those of the plan first, then
 * those that say how it runs. Empty when both do the same in the same way.
 */
export function differingFileKeys(before: ResolvedPipeline, after: ResolvedPipeline): readonly string[] {
  const keys = differingKeys(before.plan, after.plan).map((key) => key.path);
  const now: { readonly [name: string]: Json | undefined } = {
    ...after.settings,
    resources: [...after.settings.resources],
  };
  for (const [name, value] of Object.entries({ ...before.settings, resources: [...before.settings.resources] })) {
    if (canonicalJson(value ?? null) !== canonicalJson(now[name] ?? null)) keys.push(settingKey(name));
  }
  return keys;
}

/** Settings are called as in the file, with the unit that their text was parsed to behind it. */
function settingKey(name: string): string {
  const plain = name.replace(/(?:Seconds|Bytes)$/, "");
  const found = Object.entries(settingOverrides).find(([setting]) => setting === plain);
  return found === undefined ? plain : pathText(found[1].path);
}
