import { defineBatch } from "../../contract/operator.ts";
import { checkedOutcome, loadBatchOperator, moduleFingerprint } from "./operator-module.ts";
import { declaredSignature, operatorModuleOptions, resolveModule } from "./operator-module-options.ts";

/** As `map-module`, for an operator made by `defineBatch`: `run.batchSize` samples at a time. */
export const batchModule = defineBatch({
  name: "batch-module",
  summary: "Runs your own operator, many samples at a time, from a TypeScript or JavaScript module.",
  modality: "any",
  options: operatorModuleOptions,
  signature: declaredSignature,
  dropReasons: (options) => options.dropReasons,
  resolveLocations: resolveModule,
  fingerprint: moduleFingerprint,
  async open(declared, context) {
    const { operator, options } = await loadBatchOperator(declared);
    const opened = await operator.open(options, context);
    return {
      apply: async (samples) => (await opened.apply(samples)).map(checkedOutcome),
      close: async () => opened.close?.(),
    };
  },
});
