import type { RunEvent } from "../contract/run-event.ts";
import { storageMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** Requests to storages, of the coordinator and of its workers. */
export function collectStorage(registry: MetricRegistry): (event: RunEvent) => void {
  const requests = registry.counter(storageMetrics.requests);
  const seconds = registry.counter(storageMetrics.requestSeconds);
  return (event) => {
    if (event.type !== "storage-requests") return;
    for (const { scheme, operation, status, requests: count, seconds: took } of event.requests) {
      requests.inc({ scheme, operation, status }, count);
      seconds.inc({ scheme, operation }, took);
    }
  };
}
