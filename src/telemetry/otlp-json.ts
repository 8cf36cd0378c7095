import type { JsonObject } from "../model/json.ts";
import type { EndedSpan, SpanAttributes } from "./run-spans.ts";

const internalKind = 1;
const errorStatus = 2;

/** The body of a request of OTLP over HTTP in JSON. */
export function otlpTraces(
  spans: readonly EndedSpan[],
  resource: { readonly [name: string]: string },
  version: string,
): JsonObject {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ "service.version": version, ...resource }) },
        scopeSpans: [{ scope: { name: "multimodal-pipeline", version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({ traceId, spanId, parentId, name, start, end, attributes, events, error }: EndedSpan): JsonObject {
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name,
    kind: internalKind,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({
      timeUnixNano: nanoseconds(event.at),
      name: event.name,
      attributes: attributesOf(event.attributes),
    })),
    status: error === undefined ? {} : { code: errorStatus, message: error },
  };
}

function attributesOf(attributes: SpanAttributes): readonly JsonObject[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** As text: more digits than a number of JavaScript holds. */
function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}
