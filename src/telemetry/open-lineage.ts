import type { RunEvent } from "../contract/run-event.ts";
import type { JsonObject } from "../model/json.ts";

const producer = "https://www.npmjs.com/package/multimodal-pipeline";
const schemas = "https://openlineage.io/spec";

interface Lineage {
  /** A UUID. Each session of a run is a run here, so that it starts once and ends once. */
  readonly runId: string;
  readonly namespace: string;
  /** URIs or paths of what is read. */
  readonly inputs: readonly string[];
}

/** The event of OpenLineage 2.0 that a run event is; undefined for those between start and end. */
export function lineageEvent(event: RunEvent, at: Date, { runId, namespace, inputs }: Lineage): JsonObject | undefined {
  if (event.type !== "run-started" && event.type !== "run-finished") return undefined;
  const destination = event.type === "run-started" ? event.destination : event.summary.destination;
  return {
    eventType: event.type === "run-started" ? "START" : endings[event.summary.outcome],
    eventTime: at.toISOString(),
    producer,
    schemaURL: `${schemas}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId, facets: event.type === "run-finished" ? errorFacet(event.summary.error) : {} },
    job: { namespace, name: `multimodal-pipeline ${destination}`, facets: {} },
    inputs: inputs.map(datasetOf),
    outputs: [
      {
        ...datasetOf(destination),
        outputFacets: event.type === "run-finished" ? statisticsFacet(event.summary) : {},
      },
    ],
  };
}

const endings = { succeeded: "COMPLETE", failed: "FAIL", interrupted: "ABORT" } as const;

function errorFacet(error: Extract<RunEvent, { type: "run-finished" }>["summary"]["error"]): JsonObject {
  if (error === null) return {};
  return {
    errorMessage: {
      _producer: producer,
      _schemaURL: `${schemas}/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet`,
      message: `${error.code}: ${error.message}`,
      programmingLanguage: "TypeScript",
      stackTrace: error.stack,
    },
  };
}

function statisticsFacet(summary: Extract<RunEvent, { type: "run-finished" }>["summary"]): JsonObject {
  return {
    outputStatistics: {
      _producer: producer,
      _schemaURL: `${schemas}/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet`,
      rowCount: summary.accounting.written,
      size: summary.shardBytes,
      fileCount: summary.shards,
    },
  };
}

/** Named as OpenLineage names datasets: `s3://bucket` and the key, `file` and the path. */
function datasetOf(location: string): { readonly namespace: string; readonly name: string } {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)\/?(.*)$/i.exec(location);
  if (found === null) return { namespace: "file", name: location };
  const [, scheme = "", authority = "", path = ""] = found;
  if (scheme === "file") return { namespace: "file", name: `/${path}` };
  return { namespace: `${scheme}://${authority}`, name: path === "" ? "/" : path };
}
