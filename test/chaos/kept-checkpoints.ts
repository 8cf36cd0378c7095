import { z } from "zod";
import { isErrorCode } from "../../src/model/error-codes.ts";
import { runCli } from "../e2e/run-cli.ts";

const listSchema = z.array(z.object({ name: z.string() }));

export interface CommandEnd {
  /** Undefined where it did what it should. */
  readonly errorCode: string | undefined;
  readonly stdout: string;
}

/** Names of the checkpoints that can be gone back to; none where no run has begun, or while others fold them away. */
export async function keptCheckpoints(output: string): Promise<readonly string[]> {
  const { errorCode, stdout } = await checkpointsCommand(["list", output, "--json"]);
  return errorCode === undefined ? listSchema.parse(JSON.parse(stdout)).map(({ name }) => name) : [];
}

/** Folds all checkpoints but the last; answers the error code, undefined where there was none. */
export async function cleanCheckpoints(output: string): Promise<string | undefined> {
  return (await checkpointsCommand(["clean", output, "--keep", "1"])).errorCode;
}

async function checkpointsCommand(args: readonly string[]): Promise<CommandEnd> {
  const { code, stdout, stderr } = await runCli(["checkpoints", ...args], { cwd: "/" });
  if (code === 0) return { errorCode: undefined, stdout };
  const [, errorCode = ""] = /^error (\w+): /m.exec(stderr) ?? [];
  return { errorCode: isErrorCode(errorCode) ? errorCode : `exit ${code}: ${stderr.slice(0, 300)}`, stdout };
}
