import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import * as testing from "../../src/testing.ts";

// A name that goes away or changes breaks somebody's program: this list is the promise.
test("the library exports these values", () => {
  expect(Object.keys(library).sort()).toEqual([
    "PipelineError",
    "builtinCatalog",
    "byteSize",
    "bytesContent",
    "defineBatch",
    "defineFilter",
    "defineMap",
    "defineSink",
    "defineSource",
    "describePipeline",
    "duration",
    "errorCodes",
    "filterOptions",
    "isErrorCode",
    "isMediaPart",
    "keep",
    "lazyContent",
    "mediaKinds",
    "partKinds",
    "partsToLookAt",
    "pipeline",
    "pipelineFileJsonSchema",
    "plan",
    "run",
    "totalsOf",
    "withAttributes",
    "withPart",
  ]);
});

test("the testing entry exports the conformance suites", () => {
  expect(Object.keys(testing).sort()).toEqual([
    "checkLedgerStore",
    "checkOperator",
    "checkSink",
    "checkSource",
    "checkStorage",
  ]);
});
