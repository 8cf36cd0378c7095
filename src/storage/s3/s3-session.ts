import { GetObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { z } from "zod";
import { countRequest } from "../request-tally.ts";
import { type Access, failureOfSdk, s3Error } from "./s3-errors.ts";
import type { S3Settings } from "./s3-settings.ts";
import type { S3Credentials } from "./s3-signer.ts";

/** Where requests about a bucket go, and the region that they are signed for. */
export interface BucketAddress {
  /** `https://bucket.s3.eu-central-1.amazonaws.com` */
  readonly origin: string;
  readonly host: string;
  /** What comes before the encoded key: `/`, or `/bucket/`. */
  readonly pathPrefix: string;
  readonly region: string;
}

const addressSchema = z.object({
  request: z.object({
    protocol: z.string(),
    hostname: z.string(),
    port: z.number().optional(),
    path: z.string(),
  }),
});

const answerSchema = z.object({ statusCode: z.number() });
const failureSchema = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) });

/** Bytes that any line worth using carries in a second; slower counts as stuck. */
export const slowestBytesPerSecond = 64 * 1024;

/** The SDK's client and what it knows, made at the first request. */
export class S3Session {
  readonly settings: S3Settings;
  #client: Promise<S3Client> | undefined;
  readonly #addresses = new Map<string, Promise<BucketAddress>>();

  constructor(settings: S3Settings) {
    this.settings = settings;
  }

  /** For messages. */
  get endpoint(): string {
    return this.settings.endpoint === undefined ? "AWS S3" : new URL(this.settings.endpoint).origin;
  }

  /** Sends one command. Rejects with what `s3Error` makes of the failure; `bytes` is the size of its body. */
  async send<Output>(
    access: Access,
    doing: string,
    uri: string,
    command: (client: S3Client, options: { requestTimeout: number; abortSignal?: AbortSignal }) => Promise<Output>,
    limits: { readonly bytes?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Output> {
    limits.signal?.throwIfAborted();
    const requestTimeout = this.milliseconds(limits.bytes ?? 0);
    try {
      this.#client ??= openClient(this.settings);
      const client = await this.#client;
      return await command(client, {
        requestTimeout,
        ...(limits.signal === undefined ? {} : { abortSignal: limits.signal }),
      });
    } catch (error) {
      limits.signal?.throwIfAborted();
      throw s3Error(failureOfSdk(error), access, doing, uri, this.endpoint);
    }
  }

  /** How long one attempt may take that carries so many bytes. */
  milliseconds(bytes: number): number {
    return Math.ceil((this.settings.requestSeconds + bytes / slowestBytesPerSecond) * 1000);
  }

  /** Where a bucket is; `region` when the server named another than the configured one. */
  address(bucket: string, region?: string): Promise<BucketAddress> {
    let found = region === undefined ? this.#addresses.get(bucket) : undefined;
    if (found === undefined) {
      found = this.#findAddress(bucket, region);
      this.#addresses.set(bucket, found);
      found.catch(() => this.#addresses.delete(bucket));
    }
    return found;
  }

  /** Never rejects. */
  async connect(bucket: string): Promise<void> {
    await Promise.allSettled([this.address(bucket), this.credentials()]);
  }

  /** Those of the default chain, renewed before they expire, and at once when `isRefused`. */
  async credentials(isRefused = false): Promise<S3Credentials> {
    this.#client ??= openClient(this.settings);
    const client = await this.#client;
    return client.config.credentials(isRefused ? { forceRefresh: true } : {});
  }

  async #findAddress(bucket: string, region: string | undefined): Promise<BucketAddress> {
    this.#client ??= openClient(this.settings);
    const configured = await this.#client;
    if (region === undefined) return addressFrom(configured, bucket, await configured.config.region());
    const client = new S3Client({ region, forcePathStyle: configured.config.forcePathStyle === true });
    return addressFrom(client, bucket, region);
  }
}

/** Counts every attempt, by what the SDK calls it. */
function countRequests(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, "");
        const began = performance.now();
        const count = (status: number | undefined) =>
          countRequest("s3", operation, status, (performance.now() - began) / 1000);
        try {
          const result = await next(args);
          count(answerSchema.safeParse(result.response).data?.statusCode);
          return result;
        } catch (error) {
          count(failureSchema.safeParse(error).data?.$metadata.httpStatusCode);
          throw error;
        }
      },
    { step: "deserialize", priority: "high", name: "countRequests" },
  );
}

async function openClient(settings: S3Settings): Promise<S3Client> {
  const config: S3ClientConfig = {
    region: settings.region ?? (await configuredRegion()),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    maxAttempts: settings.attempts,
    retryMode: "standard",
    followRegionRedirects: true,
    requestHandler: {
      connectionTimeout: 10_000,
      throwOnRequestTimeout: true,
      requestTimeout: settings.requestSeconds * 1000,
    },
  };
  let client = new S3Client({ ...config, forcePathStyle: settings.isPathStyle ?? false });
  if (settings.isPathStyle === undefined) {
    const { host } = await addressFrom(client, "bucket", "");
    if (!/\.amazonaws\.com(?:\.cn)?$/.test(host)) client = new S3Client({ ...config, forcePathStyle: true });
  }
  countRequests(client);
  return client;
}

/** That of the profile, when there is one. A server that is not of AWS takes any. */
async function configuredRegion(): Promise<string> {
  try {
    return await new S3Client({}).config.region();
  } catch {
    // "Region is missing". A bucket elsewhere answers with its region, which is followed.
    return "us-east-1";
  }
}

/** Lets the SDK work out a request without sending it: its rules for hosts are many. */
async function addressFrom(client: S3Client, bucket: string, region: string): Promise<BucketAddress> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: "key" });
  let built: unknown;
  command.middlewareStack.add(
    () => (args) => {
      built = args;
      return Promise.resolve({ response: {}, output: { $metadata: {} } });
    },
    { step: "build", priority: "low", name: "askForAddress" },
  );
  await client.send(command);
  const { protocol, hostname, port, path } = addressSchema.parse(built).request;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return { origin: `${protocol}//${host}`, host, pathPrefix: path.slice(0, -"key".length), region };
}
