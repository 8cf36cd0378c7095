import { randomUUID } from "node:crypto";
import type { RunEvent } from "../contract/run-event.ts";
import type { JsonObject } from "../model/json.ts";
import type { Redactor } from "../model/redact-secrets.ts";
import type { ExportSettings, LineageSettings, TraceSettings } from "./export-settings.ts";
import { lineageEvent } from "./open-lineage.ts";
import { otlpTraces } from "./otlp-json.ts";
import { postJson } from "./post-json.ts";
import { type EndedSpan, RunSpans } from "./run-spans.ts";

export interface RunExports {
  onEvent(event: RunEvent): void;
  /** Resolves when everything was sent, or cannot be. Never rejects. Nothing can be sent afterwards. */
  settle(): Promise<void>;
}

interface ExportOptions {
  readonly version: string;
  readonly redactor: Redactor;
  /** URIs or paths of what runs read. */
  readonly inputs: readonly string[];
  /** Told once for each receiver that does not take what it is sent, which a run never waits for. */
  readonly warn: (sentence: string) => void;
}

const sendEveryMilliseconds = 5000;
const sendAtSpans = 512;
const lineageTimeoutSeconds = 10;

/** Sends spans to an OpenTelemetry collector and lineage to an OpenLineage backend, as the settings say. */
export function createRunExports(settings: ExportSettings, options: ExportOptions): RunExports {
  const exports = [
    ...(settings.traces === undefined ? [] : [exportTraces(settings.traces, options)]),
    ...(settings.lineage === undefined ? [] : [exportLineage(settings.lineage, options)]),
  ];
  return {
    onEvent(event) {
      for (const one of exports) one.onEvent(event);
    },
    async settle() {
      await Promise.all(exports.map((one) => one.settle()));
    },
  };
}

function exportTraces(settings: TraceSettings, options: ExportOptions): RunExports {
  const send = sender("traces", settings.url, settings.headers, settings.timeoutSeconds, options);
  let ended: EndedSpan[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const spans = ended;
    ended = [];
    if (spans.length > 0) send.post(otlpTraces(spans, settings.resource, options.version));
  };
  const spans = new RunSpans((span) => {
    if (ended.push(span) >= sendAtSpans) flush();
    else timer ??= setTimeout(flush, sendEveryMilliseconds).unref();
  });
  return {
    onEvent: (event) => spans.onEvent(event, Date.now()),
    async settle() {
      flush();
      await send.settle();
    },
  };
}

function exportLineage(settings: LineageSettings, options: ExportOptions): RunExports {
  const send = sender("lineage", settings.url, settings.headers, lineageTimeoutSeconds, options);
  let runId = "";
  return {
    onEvent(event) {
      if (event.type === "run-started") runId = randomUUID();
      // A run that was refused has no start, and so no end.
      if (runId === "") return;
      const body = lineageEvent(event, new Date(), { runId, namespace: settings.namespace, inputs: options.inputs });
      if (body !== undefined) send.post(body);
      if (event.type === "run-finished") runId = "";
    },
    settle: send.settle,
  };
}

/** One request after the other, in order. What waits behind a receiver that is gone is dropped beyond a few requests. */
function sender(
  what: string,
  url: string,
  headers: { readonly [name: string]: string },
  timeoutSeconds: number,
  { redactor, warn }: ExportOptions,
) {
  const mostWaiting = 8;
  let waiting = 0;
  const stop = new AbortController();
  let hasWarned = false;
  let last: Promise<void> = Promise.resolve();
  const complain = (problem: string) => {
    if (!hasWarned)
      warn(redactor.text(`${what} cannot be sent to ${new URL(url).host}: ${problem}; the run goes on without`));
    hasWarned = true;
  };
  const post = (body: JsonObject) => {
    if (waiting >= mostWaiting) return complain("it does not keep up");
    waiting++;
    const text = JSON.stringify(redactor.json(body));
    last = last.then(async () => {
      const problem = await postJson(url, headers, text, timeoutSeconds, stop.signal);
      waiting--;
      if (problem !== undefined) complain(problem);
    });
  };
  /** Waits once as long as for one answer: nobody should wait at the end of a run for a receiver that is gone. */
  const settle = async () => {
    const timer = setTimeout(() => stop.abort(new Error("it did not answer in time")), timeoutSeconds * 1000);
    await last;
    clearTimeout(timer);
  };
  return { post, settle };
}
