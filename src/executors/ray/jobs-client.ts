import { request } from "undici";
import { z } from "zod";
import { messageOf, PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";

const requestMilliseconds = 15_000;

const version = z.object({ ray_version: z.string() });
const job = z.object({
  submission_id: z.string().nullish(),
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  message: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
const logs = z.object({ logs: z.string() });

export type RayJob = z.infer<typeof job>;

export interface JobSubmission {
  readonly submissionId: string;
  readonly entrypoint: string;
  readonly environment: { readonly [name: string]: string };
  readonly metadata: { readonly [name: string]: string };
}

/**
 * Ray's Jobs API, as of Ray 2.58. Not by `fetch`: it says of itself that it is a browser, and Ray's dashboard refuses
 * those. Rejects with RAY_UNREACHABLE, RAY_UNAUTHORIZED, or RAY_MISMATCH when the answer is none of Ray's.
 */
export class JobsClient {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  /** The cluster's version of Ray. */
  async version(): Promise<string> {
    return (await this.#ask("GET", "/api/version", version)).ray_version;
  }

  async submit({ submissionId, entrypoint, environment, metadata }: JobSubmission): Promise<void> {
    await this.#ask("POST", "/api/jobs/", z.unknown(), {
      submission_id: submissionId,
      entrypoint,
      metadata,
      runtime_env: { env_vars: environment },
      entrypoint_num_cpus: 0,
    });
  }

  list(): Promise<readonly RayJob[]> {
    return this.#ask("GET", "/api/jobs/", z.array(job));
  }

  status(submissionId: string): Promise<RayJob> {
    return this.#ask("GET", `/api/jobs/${encodeURIComponent(submissionId)}`, job);
  }

  async logs(submissionId: string): Promise<string> {
    return (await this.#ask("GET", `/api/jobs/${encodeURIComponent(submissionId)}/logs`, logs)).logs;
  }

  /** Asks for its end, which comes later. */
  async stop(submissionId: string): Promise<void> {
    await this.#ask("POST", `/api/jobs/${encodeURIComponent(submissionId)}/stop`, z.unknown());
  }

  async #ask<Answer>(
    method: "GET" | "POST",
    path: string,
    schema: z.ZodType<Answer>,
    body?: JsonObject,
  ): Promise<Answer> {
    const { statusCode, text } = await this.#send(method, path, body);
    if (statusCode === 401 || statusCode === 403) {
      const how = this.#token === undefined ? "RAY_AUTH_TOKEN is not set" : "the token is not the cluster's";
      throw new PipelineError(
        "RAY_UNAUTHORIZED",
        `${this.#url} answers ${method} ${path} with ${statusCode}: ${how} (RAY_AUTH_MODE=token, RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH)`,
        { details: { url: this.#url, status: statusCode } },
      );
    }
    if (statusCode >= 400) {
      throw new PipelineError(
        "RAY_UNREACHABLE",
        `${this.#url} answers ${method} ${path} with ${statusCode}: ${firstLine(text)}`,
        { details: { url: this.#url, status: statusCode }, isRetryable: true },
      );
    }
    const answer = schema.safeParse(parsedJson(text));
    if (answer.success) return answer.data;
    throw new PipelineError(
      "RAY_MISMATCH",
      `${this.#url} answers ${method} ${path} with what no Jobs API of Ray says: ${firstLine(text)}`,
      { details: { url: this.#url } },
    );
  }

  async #send(
    method: "GET" | "POST",
    path: string,
    body: JsonObject | undefined,
  ): Promise<{ readonly statusCode: number; readonly text: string }> {
    try {
      const response = await request(`${this.#url}${path}`, {
        method,
        headers: {
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(requestMilliseconds),
      });
      return { statusCode: response.statusCode, text: await response.body.text() };
    } catch (cause) {
      const why = cause instanceof Error && cause.name === "TimeoutError" ? "it does not answer" : messageOf(cause);
      throw new PipelineError(
        "RAY_UNREACHABLE",
        `no Ray dashboard at ${this.#url}: ${why}. Expected a cluster with ray[default], whose dashboard listens there`,
        { cause, details: { url: this.#url }, isRetryable: true },
      );
    }
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the schema, with what it says.
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}
