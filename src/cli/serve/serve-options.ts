import { z } from "zod";
import { duration } from "../../contract/units.ts";
import { PipelineError } from "../../model/errors.ts";

/** As in a pipeline file; a number alone is seconds, which comes as text here. */
const durationText = z
  .string()
  .transform((text) => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text))
  .pipe(duration);
const port = z.coerce.number().int().min(0).max(65_535);

/** How the process serves, which no pipeline file says: flags go before the environment, that before defaults. */
const serveSettings = {
  config: {
    flag: "--config",
    environment: "PIPELINE_CONFIG",
    schema: z.string({ error: "expected the path of a pipeline file" }).min(1),
  },
  // A probe comes from outside of the pod: only what listens on all of its addresses answers it.
  host: { flag: "--host", environment: "PIPELINE_HOST", schema: z.string().min(1).default("0.0.0.0") },
  healthPort: { flag: "--health-port", environment: "HEALTH_CHECK_PORT", schema: port.default(8080) },
  metricsPort: { flag: "--metrics-port", environment: "METRICS_PORT", schema: port.default(9090) },
  // Kubernetes kills after 30 s unless told otherwise: this leaves time to write the last checkpoint.
  terminationGrace: {
    flag: "--termination-grace",
    environment: "TERMINATION_GRACE",
    schema: durationText.default(25),
  },
  watch: { flag: "--watch", environment: "WATCH_INTERVAL", schema: durationText.optional() },
} as const;

/** Values of flags as the command line gives them. */
export type ServeFlags = { readonly [Setting in keyof typeof serveSettings]?: string };

export interface ServeOptions {
  /** Path of the pipeline file, as the user named it. */
  readonly config: string;
  readonly host: string;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly terminationGraceSeconds: number;
  /** Time between two looks for new input; undefined: none is looked for. */
  readonly watchSeconds: number | undefined;
}

/** Throws INVALID_OPTION, which names the flag or the variable. An empty variable counts as not set. */
export function serveOptions(
  flags: ServeFlags,
  environment: { readonly [name: string]: string | undefined },
): ServeOptions {
  const value = <Parsed>(setting: keyof typeof serveSettings, schema: z.ZodType<Parsed>): Parsed => {
    const { flag, environment: variable } = serveSettings[setting];
    const given = flags[setting];
    const found = given ?? (environment[variable] === "" ? undefined : environment[variable]);
    const parsed = schema.safeParse(found);
    if (parsed.success) return parsed.data;
    const name = found === undefined ? `${flag} or ${variable}` : given === undefined ? variable : flag;
    const reason = parsed.error.issues[0]?.message ?? "is not valid";
    throw new PipelineError(
      "INVALID_OPTION",
      `${name}: ${reason}${found === undefined ? "" : `, received ${JSON.stringify(found)}`}`,
      { details: { name } },
    );
  };
  return {
    config: value("config", serveSettings.config.schema),
    host: value("host", serveSettings.host.schema),
    healthPort: value("healthPort", serveSettings.healthPort.schema),
    metricsPort: value("metricsPort", serveSettings.metricsPort.schema),
    terminationGraceSeconds: value("terminationGrace", serveSettings.terminationGrace.schema),
    watchSeconds: value("watch", serveSettings.watch.schema),
  };
}
