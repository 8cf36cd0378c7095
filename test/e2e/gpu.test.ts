import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { fieldsOf, machines, type SmiMachine } from "../fixtures/nvidia-smi-outputs.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

/** A folder with a command `nvidia-smi` that answers as that of the machine does. */
async function replayed(machine: SmiMachine): Promise<string> {
  const folder = await temporaryFolder();
  const refusals = machine.refused.map(
    (field) => `  *${field}*) echo 'Field "${field}" is not a valid field to query.'; echo; exit 2 ;;`,
  );
  const script = [
    "#!/bin/sh",
    'case "$1" in',
    ...refusals,
    `  --query-gpu=${fieldsOf(machine).join(",")}) printf '%s' '${machine.query}' ;;`,
    `  -L) printf '%s' '${machine.listing}' ;;`,
    `  "") printf '%s' '${machine.summary}' ;;`,
    "  *) exit 2 ;;",
    "esac",
    "",
  ].join("\n");
  await writeFile(path.join(folder, "nvidia-smi"), script);
  await chmod(path.join(folder, "nvidia-smi"), 0o755);
  return folder;
}

const environment = {
  CUDA_VISIBLE_DEVICES: "0,1",
  CUDA_VERSION: "10.1",
  NVIDIA_DRIVER_CAPABILITIES: "all",
  NCCL_CONF_FILE: "/nonexistent",
};

test("gpu shows each GPU with memory, use, MIG, persistence and ECC errors", async () => {
  const folder = await replayed(machines.twoH100);
  const { stdout } = await runCli(["gpu"], { cwd: folder, environment: { ...environment, PATH: folder } });
  expect(stdout).toMatch(/^2 GPUs usable/);
  expect(stdout).toMatch(
    /^ {2}1 {2}NVIDIA H100 80GB HBM3 {2}40 GiB \/ 79\.6 GiB +100 % +55 °C {2}off {2}on +0 {2}usable$/m,
  );
  expect(stdout).toContain("550.54.15, runs CUDA up to 12.4");
  expect(stdout).toContain("no inference runtime is installed");
});

test("gpu asks an old driver again for what it knows, and exit code 1 tells of ECC errors", async () => {
  const folder = await replayed(machines.twoV100);
  const { code, stdout } = await runCli(["gpu", "--json"], {
    cwd: folder,
    environment: { ...environment, PATH: folder },
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    usableGpus: [0, 1],
    smi: { outcome: "answered", gpus: [{ name: "Tesla V100-SXM2-32GB", computeCapability: null }, {}] },
    findings: expect.arrayContaining([expect.objectContaining({ level: "error", code: "ecc-errors" })]),
  });
});

test("gpu says what to do when a GPU is asked for and nvidia-smi fails", async () => {
  const folder = await temporaryFolder();
  const says = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.161";
  await writeFile(path.join(folder, "nvidia-smi"), `#!/bin/sh\nprintf '%s\\n' '${says}'\nexit 18\n`);
  await chmod(path.join(folder, "nvidia-smi"), 0o755);
  const { code, stdout } = await runCli(["gpu"], { cwd: folder, environment: { ...environment, PATH: folder } });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^no GPU is usable\n/);
  expect(stdout).toContain("nvidia-smi failed (exit code 18): Failed to initialize NVML");
  expect(stdout).toContain("reboot it");
});

test("gpu says what it looked for where there is nothing, and is content when nothing asks for a GPU", async () => {
  const folder = await temporaryFolder();
  const hidden = { PATH: folder, CUDA_VISIBLE_DEVICES: "-1" };
  const { stdout } = await runCli(["gpu", "--json"], { cwd: folder, environment: hidden });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ usableGpus: [], request: null, smi: { outcome: "missing" }, inference: null });
  const text = await runCli(["gpu"], { cwd: folder, environment: hidden });
  for (const looked of ["nvidia-smi      not on PATH", "device files", "PCI bus", "/dev/shm"])
    expect(text.stdout).toContain(looked);
  if (report.deviceFiles.length === 0 && report.pciDevices === 0) expect(text.code).toBe(0);
});

test("gpu refuses an unknown option with exit code 2", async () => {
  const cwd = await temporaryFolder();
  expect(await runCli(["gpu", "--jsonn"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error USAGE: /),
  });
});
