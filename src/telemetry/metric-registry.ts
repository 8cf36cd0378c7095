import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { MetricDefinition } from "./metric-definitions.ts";

/** Defaults of the client library that promtool refuses: gauges whose names end like counters. */
const misnamed = ["active_handles", "active_requests", "active_resources"].map(
  (name) => `pipeline_nodejs_${name}_total`,
);

/** One registry of metrics, those of this Node process in it already. */
export class MetricRegistry {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: "pipeline_" });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    return new Counter({ ...this.#basics(definition) });
  }

  /** `collect` is called before every scrape, which waits for it. */
  gauge<Label extends string>(definition: MetricDefinition<Label>, collect?: () => Promise<void>): Gauge<Label> {
    return new Gauge({ ...this.#basics(definition), ...(collect === undefined ? {} : { collect }) });
  }

  histogram<Label extends string>(definition: MetricDefinition<Label>): Histogram<Label> {
    return new Histogram({ ...this.#basics(definition), buckets: [...(definition.buckets ?? [])] });
  }

  #basics<Label extends string>({ name, help, labels }: MetricDefinition<Label>) {
    return { name, help, labelNames: labels, registers: [this.#registry] };
  }
}
