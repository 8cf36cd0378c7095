import type { Route } from "./listen.ts";

/** A registry of metrics, in the text format of Prometheus. */
export interface MetricsSource {
  readonly contentType: string;
  /** As of this moment. */
  text(): Promise<string>;
}

/** `/metrics`, made anew for each request. */
export function metricsRoutes(metrics: MetricsSource): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ["/metrics", async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() })],
  ]);
}
