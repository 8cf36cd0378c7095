import { defineMap } from "../../contract/operator.ts";
import { checkedOutcome, loadMapOperator, moduleFingerprint } from "./operator-module.ts";
import { declaredSignature, operatorModuleOptions, resolveModule } from "./operator-module-options.ts";

/**
 * Runs the user's own map operator, loaded by path. TypeScript runs by Node's type stripping, so stacks
 * show the user's own lines; syntax that has to be compiled (enums) is refused. Check it with `checkOperator`.
 */
export const mapModule = defineMap({
  name: "map-module",
  summary: "Runs your own operator, one sample at a time, from a TypeScript or JavaScript module.",
  modality: "any",
  options: operatorModuleOptions,
  signature: declaredSignature,
  dropReasons: (options) => options.dropReasons,
  resolveLocations: resolveModule,
  fingerprint: moduleFingerprint,
  async open(declared, context) {
    const { operator, options } = await loadMapOperator(declared);
    const opened = await operator.open(options, context);
    return {
      apply(sample) {
        const outcome = opened.apply(sample);
        return outcome instanceof Promise ? outcome.then(checkedOutcome) : checkedOutcome(outcome);
      },
      close: async () => opened.close?.(),
    };
  },
});
