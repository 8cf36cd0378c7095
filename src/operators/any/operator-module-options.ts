import { z } from "zod";
import type { Signature } from "../../contract/operator.ts";
import { partKinds } from "../../model/sample.ts";

const names = z.array(z.string().min(1));
const kinds = z.array(z.enum(partKinds));

/** Options of a step that runs the user's own operator: where it is, and what `check` must know of it. */
export const operatorModuleOptions = z.strictObject({
  module: z
    .string()
    .min(1)
    .describe(
      "Path of a TypeScript or JavaScript module whose default export is an operator made by `defineMap` or `defineBatch`.",
    ),
  options: z
    .record(z.string(), z.json())
    .default({})
    .describe("Options of the operator in the module. Paths among them are relative to the module's folder."),
  reads: names
    .default([])
    .describe("Attributes that the operator reads, as its signature says: `check` does not load the module."),
  readsIfPresent: names.default([]).describe("Attributes that the operator looks at where a sample has them."),
  writes: names.default([]).describe("Attributes that the operator writes."),
  removes: z
    .union([names, z.literal("unread")])
    .default([])
    .describe("Attributes that are gone afterwards; `unread` = all that the operator does not read."),
  parts: kinds.default([]).describe("Kinds of parts that the operator works on."),
  addsParts: kinds.default([]).describe("Kinds of parts that the operator adds."),
  dropReasons: names.default([]).describe("Every reason for which the operator drops samples."),
});

export type OperatorModuleOptions = z.output<typeof operatorModuleOptions>;

/** The signature as the pipeline file declares it. Pure. */
export function declaredSignature(options: OperatorModuleOptions): Required<Signature> {
  const { reads, readsIfPresent, writes, removes, parts, addsParts } = options;
  return { reads, readsIfPresent, writes, removes, parts, addsParts };
}

/** The options with the module's path made absolute. Pure. */
export function resolveModule(
  options: OperatorModuleOptions,
  resolve: (location: string) => string,
): OperatorModuleOptions {
  return { ...options, module: resolve(options.module) };
}
