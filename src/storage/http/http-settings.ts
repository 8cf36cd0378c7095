import { z } from "zod";
import { PipelineError } from "../../model/errors.ts";

export interface HttpSettings {
  /** Whether servers on this machine and in private networks may be asked. */
  readonly allowsPrivateAddresses: boolean;
  /** Larger objects are refused. */
  readonly maxBytes: number;
}

const environmentSchema = z.object({
  PIPELINE_ALLOW_PRIVATE_ADDRESSES: z.enum(["", "0", "1", "true", "false"]).optional(),
  PIPELINE_HTTP_MAX_BYTES: z.coerce.number().int().nonnegative().optional(),
});

const defaultMaxBytes = 2 ** 40;

/** Settings from environment variables. Throws INVALID_OPTION. */
export function httpSettings(environment: { readonly [name: string]: string | undefined }): HttpSettings {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    throw new PipelineError("INVALID_OPTION", `the environment variable ${name} is wrong: ${issue?.message}`, {
      details: { path: name },
    });
  }
  const { PIPELINE_ALLOW_PRIVATE_ADDRESSES: allows, PIPELINE_HTTP_MAX_BYTES: maxBytes } = parsed.data;
  return {
    allowsPrivateAddresses: allows === "1" || allows === "true",
    maxBytes: maxBytes === undefined || maxBytes === 0 ? defaultMaxBytes : maxBytes,
  };
}
