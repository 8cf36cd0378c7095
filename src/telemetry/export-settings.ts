/** Where spans go, by OTLP over HTTP. */
export interface TraceSettings {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutSeconds: number;
  /** Of the resource, `service.name` among them. */
  readonly resource: { readonly [name: string]: string };
}

/** Where lineage goes. */
export interface LineageSettings {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly namespace: string;
}

export interface ExportSettings {
  readonly traces?: TraceSettings;
  readonly lineage?: LineageSettings;
  /** What was asked for and is not done, as sentences: telemetry never keeps a run from running. */
  readonly warnings: readonly string[];
}

type Environment = { readonly [name: string]: string | undefined };

const defaultEndpoint = "http://localhost:4318";
const defaultTimeoutMilliseconds = 10_000;

/** Whether any variable of OpenTelemetry or OpenLineage is set: without one there is nothing to look at. */
export function mayExport(environment: Environment): boolean {
  return Object.keys(environment).some((name) => /^(OTEL|OPENLINEAGE)_/.test(name));
}

/** What the standard variables of OpenTelemetry and OpenLineage switch on. */
export function parseExportSettings(environment: Environment): ExportSettings {
  const given = (name: string) => environment[name]?.trim() || undefined;
  const warnings: string[] = [];
  const traces = traceSettings(given, warnings);
  const lineage = lineageSettings(given, warnings);
  return {
    ...(traces === undefined ? {} : { traces }),
    ...(lineage === undefined ? {} : { lineage }),
    warnings,
  };
}

type Lookup = (name: string) => string | undefined;

function traceSettings(given: Lookup, warnings: string[]): TraceSettings | undefined {
  const ownUrl = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const shared = given("OTEL_EXPORTER_OTLP_ENDPOINT");
  const exporter = given("OTEL_TRACES_EXPORTER") ?? (ownUrl === undefined && shared === undefined ? "none" : "otlp");
  if (given("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || exporter === "none") return undefined;
  if (exporter !== "otlp") {
    warnings.push(`OTEL_TRACES_EXPORTER: expected otlp or none, received ${exporter}: no traces are sent`);
    return undefined;
  }
  const protocol = given("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? given("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol === "grpc") {
    warnings.push(
      "OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not spoken, traces are sent as http/json: give an endpoint for it",
    );
  }
  const url = ownUrl ?? `${(shared ?? defaultEndpoint).replace(/\/+$/, "")}/v1/traces`;
  if (!isHttp(url)) {
    warnings.push(`OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https address: no traces are sent`);
    return undefined;
  }
  const timeout = given("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") ?? given("OTEL_EXPORTER_OTLP_TIMEOUT");
  const milliseconds = Number(timeout ?? defaultTimeoutMilliseconds);
  return {
    url,
    headers: pairsOf(given("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? given("OTEL_EXPORTER_OTLP_HEADERS")),
    timeoutSeconds: (milliseconds > 0 ? milliseconds : defaultTimeoutMilliseconds) / 1000,
    resource: {
      "service.name": "multimodal-pipeline",
      ...pairsOf(given("OTEL_RESOURCE_ATTRIBUTES")),
      ...(given("OTEL_SERVICE_NAME") === undefined ? {} : { "service.name": given("OTEL_SERVICE_NAME") ?? "" }),
    },
  };
}

function lineageSettings(given: Lookup, warnings: string[]): LineageSettings | undefined {
  const url = given("OPENLINEAGE_URL");
  if (url === undefined || given("OPENLINEAGE_DISABLED")?.toLowerCase() === "true") return undefined;
  if (!isHttp(url)) {
    warnings.push("OPENLINEAGE_URL: expected an http or https address: no lineage is sent");
    return undefined;
  }
  const key = given("OPENLINEAGE_API_KEY");
  const endpoint = given("OPENLINEAGE_ENDPOINT") ?? "api/v1/lineage";
  return {
    url: `${url.replace(/\/+$/, "")}/${endpoint.replace(/^\/+/, "")}`,
    headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
    namespace: given("OPENLINEAGE_NAMESPACE") ?? "default",
  };
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** `name=value,name=value`, values percent-encoded, as OpenTelemetry writes lists. What is no pair is left out. */
function pairsOf(text: string | undefined): { readonly [name: string]: string } {
  const pairs = (text ?? "").split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at <= 0 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return text;
  }
}
