import { z } from "zod";
import { PipelineError } from "../../model/errors.ts";
import type { HealthReport } from "../../server/health-report.ts";

const patienceMilliseconds = 10_000;
const status = z.enum(["pass", "warn", "fail"]);

const reportSchema: z.ZodType<HealthReport> = z.object({
  status,
  version: z.literal("1"),
  releaseId: z.string(),
  serviceId: z.string(),
  description: z.string(),
  output: z.string().exactOptional(),
  checks: z.record(
    z.string(),
    z.array(
      z.object({
        componentId: z.string().exactOptional(),
        componentType: z.enum(["component", "datastore", "system"]),
        observedValue: z.union([z.string(), z.number()]).exactOptional(),
        observedUnit: z.string().exactOptional(),
        status,
        time: z.string(),
        output: z.string().exactOptional(),
      }),
    ),
  ),
});

/** What a server says of its health; a URL without a path means `/health`. Rejects with HEALTH_UNKNOWN when it does not answer, or not with that. */
export async function askServer(location: string): Promise<HealthReport> {
  const url = /^https?:\/\/[^/]+\/?$/.test(location) ? `${location.replace(/\/$/, "")}/health` : location;
  const unknown = (reason: string, cause?: unknown) =>
    new PipelineError("HEALTH_UNKNOWN", `${url} ${reason}`, { cause, details: { url } });
  let body: unknown;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMilliseconds), redirect: "error" });
    body = await response.json();
  } catch (cause) {
    throw unknown("does not answer with a health report", cause);
  }
  const parsed = reportSchema.safeParse(body);
  if (!parsed.success) throw unknown("answers with something else than the health report of a pipeline");
  return parsed.data;
}
