/** `warn` works, and somebody should look; `fail` does not work. */
export type HealthStatus = "pass" | "warn" | "fail";

/** One entry of `checks`, as draft-inadarei-api-health-check-06 has it. */
export type HealthEntry = {
  readonly componentId?: string;
  readonly componentType: "component" | "datastore" | "system";
  readonly observedValue?: string | number;
  readonly observedUnit?: string;
  readonly status: HealthStatus;
  /** When it was observed, ISO 8601 in UTC. */
  readonly time: string;
  /** What is wrong, for a person; absent when nothing is. */
  readonly output?: string;
};

/** By `component:measurement`. */
export type HealthChecks = { readonly [key: string]: readonly HealthEntry[] };

/** The body of `GET /health`: the media type is `application/health+json`. */
export type HealthReport = {
  readonly status: HealthStatus;
  /** Of this document's shape; grows only when something that was documented changes its meaning. */
  readonly version: "1";
  /** Of the program. */
  readonly releaseId: string;
  readonly serviceId: string;
  readonly description: string;
  readonly output?: string;
  readonly checks: HealthChecks;
};

export const healthMediaType = "application/health+json";

/** The worst of them; `pass` for none. */
export function worstStatus(statuses: Iterable<HealthStatus>): HealthStatus {
  let worst: HealthStatus = "pass";
  for (const status of statuses) if (status === "fail" || worst === "pass") worst = status;
  return worst;
}

/** The report of what was observed; its status is that of the worst check. */
export function healthReport(
  facts: Pick<HealthReport, "releaseId" | "serviceId" | "description">,
  checks: HealthChecks,
): HealthReport {
  const entries = Object.values(checks).flat();
  const status = worstStatus(entries.map((entry) => entry.status));
  const output = entries.filter((entry) => entry.status === status).flatMap((entry) => entry.output ?? [])[0];
  return {
    status,
    version: "1",
    ...facts,
    ...(status === "pass" || output === undefined ? {} : { output }),
    checks,
  };
}
