import { expect, test } from "vitest";
import { fieldsOf, machines, type SmiMachine } from "../../test/fixtures/nvidia-smi-outputs.ts";
import { parseCudaVersion, parseGpus, parseMigDevices, refusedField } from "./nvidia-smi.ts";

const gpusOf = (machine: SmiMachine) => parseGpus(machine.query, fieldsOf(machine));

test("every field of a data-centre GPU is read in its unit", () => {
  expect(gpusOf(machines.twoH100).gpus[1]).toEqual({
    index: 1,
    uuid: "GPU-2e9b6d21-8d50-4a5c-8d7c-c801e2c20112",
    name: "NVIDIA H100 80GB HBM3",
    pciBusId: "00000000:2A:00.0",
    driverVersion: "550.54.15",
    computeCapability: "9.0",
    memoryBytes: 81559 * 2 ** 20,
    memoryUsedBytes: 40 * 2 ** 30,
    utilization: 1,
    temperatureCelsius: 55,
    hasPersistence: true,
    computeMode: "Default",
    hasMig: false,
    hasEcc: true,
    uncorrectedEccErrors: 0,
    hasPendingRepair: false,
  });
});

test("what an old driver refuses to tell, and what a device does not have, is null", () => {
  expect(gpusOf(machines.twoV100).gpus).toMatchObject([
    { computeCapability: null, hasMig: null, uncorrectedEccErrors: 2, hasPendingRepair: true },
    { memoryBytes: 32480 * 2 ** 20, uncorrectedEccErrors: 0, hasPendingRepair: false },
  ]);
  expect(gpusOf(machines.rtx3090).gpus).toMatchObject([
    { hasMig: null, hasEcc: null, uncorrectedEccErrors: null, hasPendingRepair: null, hasPersistence: false },
  ]);
  expect(gpusOf(machines.gb10).gpus).toMatchObject([{ memoryBytes: null, memoryUsedBytes: null, utilization: 0 }]);
});

test("older drivers say Not Supported in place of N/A, and some without brackets", () => {
  const csv = "0, [Not Supported], N/A\n1, [Unknown Error], [GPU requires reset]\r\n";
  const { gpus, otherLines } = parseGpus(csv, ["index", "memory.total", "utilization.gpu"]);
  expect(gpus).toMatchObject([
    { index: 0, memoryBytes: null, utilization: null },
    { index: 1, memoryBytes: null, utilization: null },
  ]);
  expect(otherLines).toEqual([]);
});

test("lines that describe no GPU are kept apart", () => {
  const complaint = "Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.  Reboot the system";
  expect(parseGpus(`${complaint}\n${machines.gb10.query}`, fieldsOf(machines.gb10))).toMatchObject({
    gpus: [{ name: "NVIDIA GB10" }],
    otherLines: [complaint],
  });
  expect(parseGpus("No devices were found\n", fieldsOf(machines.gb10)).gpus).toEqual([]);
});

test("a refused field is named", () => {
  expect(refusedField('Field "compute_cap" is not a valid field to query.\n\n')).toBe("compute_cap");
  expect(refusedField(machines.gb10.query)).toBeUndefined();
});

test("the newest CUDA that the driver runs is in the heading", () => {
  expect(Object.values(machines).map(({ summary }) => parseCudaVersion(summary))).toEqual([
    "10.1",
    "11.4",
    "12.2",
    "12.4",
    "13.0",
  ]);
  expect(parseCudaVersion("| NVIDIA-SMI 590.44.01   KMD Version: 591.44   CUDA UMD Version: 13.1 |")).toBe("13.1");
  expect(parseCudaVersion("| NVIDIA-SMI 390.157 Driver Version: 390.157 |")).toBeNull();
});

test("MIG devices are listed under their GPU", () => {
  expect(parseMigDevices(machines.a100WithMig.listing)).toEqual([
    { gpu: 0, profile: "3g.20gb", uuid: "MIG-c7384736-a75d-5afc-978f-d2f1294409fd" },
    { gpu: 0, profile: "3g.20gb", uuid: "MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d" },
  ]);
  expect(parseMigDevices(machines.twoH100.listing)).toEqual([]);
});
