import { runCli } from "../e2e/run-cli.ts";
import { datasetDigest } from "../fixtures/dataset-digest.ts";
import { inflict } from "./damage.ts";
import { datasetFindings, differences } from "./dataset-findings.ts";
import type { RoundEnding } from "./random-ending.ts";
import { sampleTimeoutText } from "./random-pipeline.ts";
import type { Undisturbed } from "./undisturbed-run.ts";

/** What is wrong with a dataset that a round has finished, and with how it is verified and, damaged, repaired. */
export async function findingsAfterSuccess(
  output: string,
  undisturbed: Undisturbed,
  { damages }: RoundEnding,
): Promise<readonly string[]> {
  const findings = [...(await datasetFindings(output))];
  findings.push(...differences(undisturbed.digest, await datasetDigest(output)));
  findings.push(...(await verifyFindings(output)));
  if (findings.length > 0 || damages.length === 0) return findings;
  const done: string[] = [];
  const names = [...undisturbed.digest.keys()];
  for (const damage of damages) done.push(await inflict(damage, output, names));
  return (await repairFindings(output, undisturbed)).map((finding) => `${finding}; damaged: ${done.join("; ")}`);
}

async function repairFindings(output: string, undisturbed: Undisturbed): Promise<readonly string[]> {
  const found = await run(["verify", output, "--json"]);
  if (found.code !== 1) return [`pipeline verify does not see the damage: exit ${found.code}`];
  // How long a sample may take is no part of the plan, yet says so where it took longer.
  const { code, text } = await run(["verify", output, "--repair", "--json", "--sample-timeout", sampleTimeoutText]);
  if (code !== 0) return [`pipeline verify --repair: exit ${code}: ${text}`];
  return [
    ...differences(undisturbed.digest, await datasetDigest(output)).map((finding) => `after the repair ${finding}`),
    ...(await verifyFindings(output)),
  ];
}

async function verifyFindings(output: string): Promise<readonly string[]> {
  const commands = [["verify"], ["checkpoints", "verify"]];
  const ends = await Promise.all(commands.map((command) => run([...command, output, "--json"])));
  return ends.flatMap(({ code, text }, index) =>
    code === 0 ? [] : [`pipeline ${commands[index]?.join(" ")}: exit ${code}: ${text}`],
  );
}

async function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const { code, stdout, stderr } = await runCli(args, { cwd: "/" });
  return { code, text: `${stderr}${stdout}`.replaceAll(/\s+/g, " ").slice(0, 600) };
}
