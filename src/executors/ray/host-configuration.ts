import { z } from "zod";
import { PipelineError } from "../../model/errors.ts";
import type { CallbackTicket } from "./callback-server.ts";

/** What a worker's host is told when it starts, on its standard input: it holds a secret. */
export type HostConfiguration = {
  readonly ticket: CallbackTicket;
  readonly silenceSeconds: number;
  readonly askSeconds: number;
};

const schema = z.strictObject({
  ticket: z.strictObject({
    host: z.string(),
    port: z.int(),
    token: z.string(),
    certificate: z.string().nullable(),
  }),
  silenceSeconds: z.number(),
  askSeconds: z.number(),
});

/** Throws PROTOCOL. */
export function parseHostConfiguration(line: string): HostConfiguration {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Never with the text, which may hold the secret.
    throw new PipelineError("PROTOCOL", "the first line of standard input is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PipelineError("PROTOCOL", "the first line of standard input is not the configuration of a worker's host");
}
