import { z } from "zod";
import { PipelineError } from "../../model/errors.ts";

/** How S3 is reached, beside what the AWS SDK finds itself: credentials, region, profile. */
export interface S3Settings {
  /** URL of an endpoint that is not the one of the region. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** The bucket in the path instead of the host name; undefined: in the path unless the endpoint is one of AWS. */
  readonly isPathStyle: boolean | undefined;
  /** Who reads pays, which buckets of the kind "requester pays" demand. */
  readonly isRequesterPays: boolean;
  /** How written objects are encrypted at rest; undefined: as the bucket says. */
  readonly encryption: "AES256" | "aws:kms" | "aws:kms:dsse" | undefined;
  readonly encryptionKeyId: string | undefined;
  /** Attempts at one request, the first included. */
  readonly attempts: number;
  /** Time for one attempt, beside what its bytes take at 64 KiB/s. */
  readonly requestSeconds: number;
}

const text = z.string().min(1).optional();
const flag = z
  .enum(["1", "0", "true", "false"])
  .transform((value) => value === "1" || value === "true")
  .optional();

const environmentSchema = z.object({
  AWS_ENDPOINT_URL_S3: text,
  AWS_ENDPOINT_URL: text,
  AWS_REGION: text,
  AWS_DEFAULT_REGION: text,
  AWS_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(100).optional(),
  PIPELINE_S3_PATH_STYLE: flag,
  PIPELINE_S3_REQUESTER_PAYS: flag,
  PIPELINE_S3_ENCRYPTION: z.enum(["AES256", "aws:kms", "aws:kms:dsse"]).optional(),
  PIPELINE_S3_ENCRYPTION_KEY_ID: text,
  PIPELINE_S3_REQUEST_SECONDS: z.coerce.number().positive().max(3600).optional(),
});

/** Settings from environment variables; an empty one counts as not set. Throws INVALID_OPTION. */
export function s3Settings(environment: { readonly [name: string]: string | undefined }): S3Settings {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new PipelineError("INVALID_OPTION", `the environment variable ${name} is wrong: ${issue?.message}`, {
      details: { path: name },
    });
  }
  const found = parsed.data;
  return {
    endpoint: found.AWS_ENDPOINT_URL_S3 ?? found.AWS_ENDPOINT_URL,
    region: found.AWS_REGION ?? found.AWS_DEFAULT_REGION,
    isPathStyle: found.PIPELINE_S3_PATH_STYLE,
    isRequesterPays: found.PIPELINE_S3_REQUESTER_PAYS ?? false,
    encryption: found.PIPELINE_S3_ENCRYPTION,
    encryptionKeyId: found.PIPELINE_S3_ENCRYPTION_KEY_ID,
    attempts: found.AWS_MAX_ATTEMPTS ?? 8,
    requestSeconds: found.PIPELINE_S3_REQUEST_SECONDS ?? 60,
  };
}
