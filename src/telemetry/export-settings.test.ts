import { expect, test } from "vitest";
import { mayExport, parseExportSettings } from "./export-settings.ts";

test("without the standard variables nothing is sent anywhere", () => {
  expect(mayExport({ PATH: "/bin", AWS_REGION: "eu" })).toBe(false);
  expect(parseExportSettings({ OTEL_SERVICE_NAME: "x", OPENLINEAGE_NAMESPACE: "n" })).toEqual({ warnings: [] });
});

test("an endpoint switches traces on, with headers, time and resource as OpenTelemetry writes them", () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b, x=1=2,odd",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=ignored,deployment.environment=prod",
    OTEL_SERVICE_NAME: "photos",
  };
  expect(mayExport(environment)).toBe(true);
  expect(parseExportSettings(environment)).toEqual({
    traces: {
      url: "http://collector:4318/v1/traces",
      headers: { "api-key": "a b", x: "1=2" },
      timeoutSeconds: 2.5,
      resource: { "service.name": "photos", "deployment.environment": "prod" },
    },
    warnings: [],
  });
});

test("the address of traces alone is taken as it is, and goes before the shared one", () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://shared:4318",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/otlp",
  };
  expect(parseExportSettings(environment).traces?.url).toBe("https://traces.example/otlp");
  expect(parseExportSettings({ OTEL_TRACES_EXPORTER: "otlp" }).traces?.url).toBe("http://localhost:4318/v1/traces");
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_SDK_DISABLED: "true" }],
  [{ OPENLINEAGE_URL: "http://l", OPENLINEAGE_DISABLED: "true" }],
])("%j switches off", (environment) => {
  expect(parseExportSettings(environment)).toEqual({ warnings: [] });
});

test.each([
  [{ OTEL_TRACES_EXPORTER: "zipkin" }, /expected otlp or none, received zipkin/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" }, /expected an http or https address/],
  [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /grpc is not spoken/],
  [{ OPENLINEAGE_URL: "kafka://b" }, /expected an http or https address/],
])("%j is said not to be done, and stops nothing", (environment, warning) => {
  expect(parseExportSettings(environment).warnings).toEqual([expect.stringMatching(warning)]);
});

test("lineage has its address, key and namespace", () => {
  const environment = { OPENLINEAGE_URL: "http://marquez:5000/", OPENLINEAGE_API_KEY: "k", OPENLINEAGE_NAMESPACE: "n" };
  expect(parseExportSettings(environment).lineage).toEqual({
    url: "http://marquez:5000/api/v1/lineage",
    headers: { Authorization: "Bearer k" },
    namespace: "n",
  });
});
