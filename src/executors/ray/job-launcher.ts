import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { type BridgeLauncher, type LaunchedBridge, launchSeconds, rayNamespace } from "./bridge-launcher.ts";
import { CallbackServer, type Caller } from "./callback-server.ts";
import type { LinkPatience } from "./frame-link.ts";
import { JobsClient, type RayJob } from "./jobs-client.ts";
import { pythonFolder } from "./process-launcher.ts";
import { reach } from "./reach.ts";

const pollMilliseconds = 1000;
const endMilliseconds = 5000;
const keptCharacters = 2000;
const machineKey = "pipeline_machine";
const processKey = "pipeline_process";

export interface JobLaunch {
  readonly url: string;
  readonly token: string | undefined;
  readonly callbackHost: string | undefined;
  readonly callbackPort: number;
  readonly patience: LinkPatience;
}

/**
 * The bridge as a job on the cluster's head, which calls back. The head has this package at the same place as this
 * process, as every node of the cluster does: one image.
 */
export class JobLauncher implements BridgeLauncher {
  readonly #launch: JobLaunch;
  readonly #jobs: JobsClient;

  constructor(launch: JobLaunch) {
    this.#launch = launch;
    this.#jobs = new JobsClient(launch.url, launch.token);
  }

  async launch(signal: AbortSignal): Promise<LaunchedBridge> {
    const { callbackHost, callbackPort, patience } = this.#launch;
    await this.#jobs.version();
    await this.#sweep();
    const host = callbackHost ?? (await addressTowards(this.#launch.url));
    const server = await CallbackServer.open(host, callbackPort, patience);
    try {
      return await this.#submit(server, host, signal);
    } catch (error) {
      server.close();
      throw error;
    }
  }

  async #submit(server: CallbackServer, host: string, signal: AbortSignal): Promise<LaunchedBridge> {
    const submissionId = `pipeline-${randomUUID()}`;
    const calling = Promise.withResolvers<Caller>();
    const ticket = server.expect(calling.resolve);
    const order = { ...ticket, namespace: rayNamespace, address: "auto" };
    await this.#jobs.submit({
      submissionId,
      entrypoint: "python -m pipeline.ray",
      environment: { PIPELINE_BRIDGE: JSON.stringify(order), PYTHONPATH: pythonFolder },
      metadata: { [machineKey]: hostname(), [processKey]: String(process.pid) },
    });
    const over = new AbortController();
    const waits = [signal, over.signal];
    try {
      const { link } = await Promise.race([calling.promise, this.#refusal(submissionId, host, AbortSignal.any(waits))]);
      return {
        link,
        callbacks: server,
        lastWords: () => this.#lastWords(submissionId),
        close: async () => {
          server.close();
          // It was told to end; what does not, Ray ends.
          const isGone = await Promise.race([link.ended, delay(endMilliseconds, undefined, { ref: false })]);
          link.end("it is closed");
          if (isGone === undefined) await this.#jobs.stop(submissionId).catch(() => undefined);
        },
      };
    } catch (error) {
      await this.#jobs.stop(submissionId).catch(() => undefined);
      throw error;
    } finally {
      over.abort();
    }
  }

  /** Rejects when the job has ended, or has not called in time. */
  async #refusal(submissionId: string, host: string, signal: AbortSignal): Promise<never> {
    const deadline = performance.now() + launchSeconds * 1000;
    for (;;) {
      await delay(pollMilliseconds, undefined, { signal });
      const { status, message } = await this.#jobs.status(submissionId);
      if (status === "FAILED" || status === "STOPPED" || status === "SUCCEEDED") {
        const words = await this.#lastWords(submissionId);
        throw new PipelineError(
          "RAY_UNREACHABLE",
          `the bridge's job ${submissionId} ended as ${status} before it called back: ${words ?? message ?? "it said nothing"}. Its node needs this package at ${pythonFolder}, as the image has it`,
          { details: { submissionId, status }, isRetryable: true },
        );
      }
      if (performance.now() > deadline) {
        throw new PipelineError(
          "RAY_UNREACHABLE",
          `the bridge's job ${submissionId} is ${status} and has not called back to ${host} within ${launchSeconds} s: is that address, with the port of BRIDGE_PORT, open to Ray's nodes? BRIDGE_HOST names another`,
          { details: { submissionId, status, host }, isRetryable: true },
        );
      }
    }
  }

  async #lastWords(submissionId: string): Promise<string | undefined> {
    try {
      const text = (await this.#jobs.logs(submissionId)).trim();
      return text === "" ? undefined : text.slice(-keptCharacters);
    } catch (error) {
      return `its log cannot be read: ${messageOf(error)}`;
    }
  }

  /** Stops what an earlier process of this machine left behind: it is gone, and so is whoever its bridge served. */
  async #sweep(): Promise<void> {
    const orphans = (await this.#jobs.list()).filter(isOrphan);
    await Promise.all(orphans.map(({ submission_id: id }) => this.#jobs.stop(id ?? "").catch(() => undefined)));
  }
}

function isOrphan({ status, metadata }: RayJob): boolean {
  if (status !== "RUNNING" && status !== "PENDING") return false;
  const processId = Number(metadata?.[processKey]);
  if (metadata?.[machineKey] !== hostname() || !Number.isInteger(processId)) return false;
  // This process has no job yet; in a container its number comes again.
  if (processId === process.pid) return true;
  try {
    process.kill(processId, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** The address of this machine that the cluster sees when this process speaks to it. */
function addressTowards(url: string): Promise<string> {
  const { hostname: host, port, protocol } = new URL(url);
  return reach(host, Number(port) || (protocol === "https:" ? 443 : 80));
}
