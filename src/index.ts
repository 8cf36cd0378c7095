export { builtinCatalog } from "./builtin-catalog.ts";
export { type Accounting, type StepAccounting, type Totals, totalsOf } from "./contract/accounting.ts";
export type { Catalog } from "./contract/catalog.ts";
export { defineFilter, filterOptions, partsToLookAt } from "./contract/filter.ts";
export {
  type BatchOperator,
  defineBatch,
  defineMap,
  type GatherDecision,
  type GatherOperator,
  keep,
  type MapOperator,
  type Modality,
  type OpenContext,
  type OpenedBatch,
  type OpenedGather,
  type OpenedMap,
  type OperatorSpec,
  type Outcome,
  type Signature,
} from "./contract/operator.ts";
export type { ComponentRef, Plan, Stage, StepRef } from "./contract/plan.ts";
export type { QuarantineRecord } from "./contract/quarantine.ts";
export type { Receipt, TaskId } from "./contract/receipt.ts";
export type { RunEvent, RunOutcome, RunSummary, TaskProgress, WorkerActivity } from "./contract/run-event.ts";
export type { RunSettings } from "./contract/run-settings.ts";
export {
  defineSink,
  type EncodedPart,
  type EncodedSample,
  type OpenedSink,
  type Shard,
  type ShardDestination,
  type SinkSpec,
  type SinkWriter,
} from "./contract/sink.ts";
export {
  type ByteRange,
  defineSource,
  type InputFile,
  type OpenedSource,
  type Production,
  type SourceItem,
  type SourceSpec,
  type Split,
  type UnreadableSample,
} from "./contract/source.ts";
export { byteSize, duration } from "./contract/units.ts";
export { bytesContent, type Content, type ContentReference, lazyContent } from "./model/content.ts";
export { type ErrorCode, type ErrorScope, errorCodes, type FailureClass, isErrorCode } from "./model/error-codes.ts";
export { type ErrorRecord, PipelineError } from "./model/errors.ts";
export type { Json, JsonObject } from "./model/json.ts";
export {
  type Attributes,
  type EmbeddingPart,
  isMediaPart,
  type MediaKind,
  type MediaPart,
  mediaKinds,
  type Part,
  type PartKind,
  partKinds,
  type Sample,
  type TextPart,
  withAttributes,
  withPart,
} from "./model/sample.ts";
export {
  type OperatorName,
  type OperatorOptions,
  type Pipeline,
  type PipelineStart,
  type PipelineSteps,
  pipeline,
  type SinkName,
  type SinkOptions,
  type SourceName,
  type SourceOptions,
} from "./pipeline-builder.ts";
export { describePipeline, type PipelineDescription } from "./plan/describe.ts";
export { pipelineFileJsonSchema } from "./plan/pipeline-file-json-schema.ts";
export type { RunOptionsInput } from "./plan/pipeline-file-schema.ts";
export type { Origin, Provenance } from "./plan/provenance.ts";
export type { ResolvedPipeline } from "./plan/resolve-pipeline.ts";
export type { ResolvedSettings } from "./plan/resolved-settings.ts";
export type { Flags, SettingName } from "./plan/settings-overrides.ts";
export { type PlanOptions, plan, type RunPipelineOptions, run } from "./run-pipeline.ts";
