export { checkLedgerStore } from "./testing/check-ledger-store.ts";
export { checkOperator, type OperatorCheckInput, type OperatorCheckReport } from "./testing/check-operator.ts";
export { checkSink, type SinkCheckOptions } from "./testing/check-sink.ts";
export { checkSource, type SourceCheckResult } from "./testing/check-source.ts";
export { checkStorage } from "./testing/check-storage.ts";
