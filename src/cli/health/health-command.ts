import { hostname } from "node:os";
import process from "node:process";
import { formatBytes } from "../../contract/units.ts";
import { PipelineError } from "../../model/errors.ts";
import { type HealthEntry, type HealthReport, type HealthStatus, healthReport } from "../../server/health-report.ts";
import { plainOutput, withPlainOutput } from "../../server/plain-output.ts";
import { systemChecks } from "../../server/system-checks.ts";
import { resolveUri } from "../../storage/uri.ts";
import { formatDuration, formatPercent } from "../../telemetry/format-quantity.ts";
import { fitText, type Paint, paintFor, type Style } from "../../telemetry/paint.ts";
import { type Cell, tableLines } from "../../telemetry/text-table.ts";
import { wrapText } from "../../telemetry/wrap-text.ts";
import { terminal } from "../terminal.ts";
import { askServer } from "./ask-server.ts";
import { inspectData } from "./inspect-data.ts";

export interface HealthOptions {
  readonly outputPath?: string;
  readonly checkpoints?: string;
  readonly url?: string;
  readonly format: string;
  readonly readOnly?: true;
}

/** As the runbook's checks read them. */
const exitCodeOf: { readonly [Status in HealthStatus]: number } = { pass: 0, warn: 1, fail: 2 };

/**
 * `pipeline health`: the data behind `--output-path`, what the server at `--url` says, or, with neither, what the
 * server of this machine says. Exit code 0 pass, 1 warn, 2 fail.
 */
export async function healthCommand(options: HealthOptions, version: string): Promise<number> {
  if (options.format !== "text" && options.format !== "json")
    throw new PipelineError("USAGE", `--format: expected text or json, received ${JSON.stringify(options.format)}`);
  if (options.outputPath !== undefined && options.url !== undefined)
    throw new PipelineError("USAGE", "give --output-path, to look at the data, or --url, to ask a server: not both");
  const report =
    options.outputPath === undefined
      ? await askServer(urlOf(options))
      : await dataReport(options.outputPath, options, version);
  if (options.format === "json") terminal.printJson(report);
  else terminal.print(...reportLines(report, options.outputPath ?? urlOf(options), paintFor(process.stdout)));
  return exitCodeOf[report.status];
}

function urlOf({ url }: HealthOptions): string {
  const port = process.env.HEALTH_CHECK_PORT;
  return url ?? `http://127.0.0.1:${port === undefined || port === "" ? "8080" : port}/health`;
}

async function dataReport(outputPath: string, options: HealthOptions, version: string): Promise<HealthReport> {
  const cwd = process.cwd();
  const checks = await inspectData({
    output: resolveUri(outputPath, cwd),
    checkpoints: options.checkpoints === undefined ? undefined : resolveUri(options.checkpoints, cwd),
    isReadOnly: options.readOnly === true,
  });
  const facts = { releaseId: version, serviceId: hostname(), description: "multimodal-pipeline" };
  return healthReport(facts, withPlainOutput({ ...checks, ...systemChecks(new Date()) }, plainOutput(process.env)));
}

const styles: { readonly [Status in HealthStatus]: Style } = { pass: "green", warn: "yellow", fail: "red" };

function reportLines(report: HealthReport, subject: string, paint: Paint): readonly string[] {
  const width = process.stdout.columns ?? 100;
  const rows = Object.entries(report.checks).flatMap(([key, entries]) =>
    entries.map((entry): { readonly cells: Cell[]; readonly output: string | undefined } => ({
      cells: [
        { text: entry.status, style: styles[entry.status] },
        { text: key },
        { text: [observedText(entry), entry.componentId ?? ""].filter((text) => text !== "").join("  ") },
      ],
      output: entry.output,
    })),
  );
  const columns = [{ title: "status" }, { title: "check" }, { title: "observed", isFlexible: true }];
  const [title = "", ...table] = tableLines(
    columns,
    rows.map(({ cells }) => cells),
    { width, paint },
  );
  const body = table.flatMap((line, index) => {
    const output = rows[index]?.output;
    if (output === undefined) return [line];
    return [line, ...wrapText(output, Math.max(40, width - 10)).map((part) => `        ${fitText(part, 500)}`)];
  });
  return [title, ...body, "", `${paint(styles[report.status], report.status)}  ${fitText(subject, 200)}`];
}

function observedText({ observedValue, observedUnit }: HealthEntry): string {
  if (typeof observedValue !== "number") return observedValue ?? "";
  if (observedUnit === "bytes") return formatBytes(observedValue);
  if (observedUnit === "s") return formatDuration(observedValue);
  if (observedUnit === "ratio") return formatPercent(observedValue);
  return observedUnit === "percent" ? `${observedValue} %` : `${observedValue} ${observedUnit ?? ""}`.trim();
}
