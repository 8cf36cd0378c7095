import { type HealthReport, healthMediaType } from "./health-report.ts";
import { type Answer, plainAnswer, type Route } from "./listen.ts";

/** One line of a probe. */
export interface ProbeLine {
  readonly name: string;
  /** Undefined: it is well. */
  readonly failure: string | undefined;
}

export interface HealthSource {
  report(): HealthReport;
  /** Whether the process should go on living: nothing outside of it is asked. */
  liveness(): readonly ProbeLine[];
  /** Whether it does what it is there for, or will. */
  readiness(): readonly ProbeLine[];
  /** Whether it knows what it has to do. */
  startup(): readonly ProbeLine[];
}

/** `/health`, `/livez`, `/readyz` and `/startupz`. None of them waits for anything. */
export function healthRoutes(source: HealthSource): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ["/health", () => reportAnswer(source.report())],
    ["/livez", (query) => probeAnswer("livez", source.liveness(), query)],
    ["/readyz", (query) => probeAnswer("readyz", source.readiness(), query)],
    ["/startupz", (query) => probeAnswer("startupz", source.startup(), query)],
  ]);
}

function reportAnswer(report: HealthReport): Answer {
  return {
    status: report.status === "fail" ? 503 : 200,
    contentType: healthMediaType,
    body: `${JSON.stringify(report, null, 2)}\n`,
  };
}

/** As Kubernetes' own probes answer: `ok`, and with `?verbose`, or when something is wrong, a line for each check. */
function probeAnswer(name: string, lines: readonly ProbeLine[], query: URLSearchParams): Answer {
  const isWell = lines.every(({ failure }) => failure === undefined);
  if (isWell && !query.has("verbose")) return plainAnswer(200, "ok\n");
  const texts = lines.map(({ name: check, failure }) =>
    failure === undefined ? `[+]${check} ok` : `[-]${check} failed: ${failure}`,
  );
  return plainAnswer(isWell ? 200 : 503, `${texts.join("\n")}\n${name} check ${isWell ? "passed" : "failed"}\n`);
}
