import type { Route } from "./listen.ts";

/** `/metrics` in Prometheus' text format; `metrics` gives the text, made anew for each request. */
export function metricsRoutes(metrics: () => Promise<string>): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    [
      "/metrics",
      async () => ({ status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: await metrics() }),
    ],
  ]);
}
