import { expect, test } from "vitest";
import { fieldsOf, machines, type SmiMachine } from "../../test/fixtures/nvidia-smi-outputs.ts";
import type { SmiAnswer } from "./ask-nvidia-smi.ts";
import { diagnose } from "./diagnose.ts";
import { parseCudaVersion, parseGpus, parseMigDevices } from "./nvidia-smi.ts";
import type { GpuObservation } from "./observe-gpus.ts";

const bare: GpuObservation = {
  smi: { outcome: "missing" },
  kernelDriver: null,
  deviceFiles: [],
  pciDevices: 0,
  isContainer: false,
  toolkit: null,
  variables: {},
  nccl: [],
  interfaces: ["eth0", "lo"],
  infinibandAdapters: [],
  sharedMemoryBytes: 2 ** 34,
};

function answer(machine: SmiMachine): SmiAnswer {
  return {
    outcome: "answered",
    gpus: parseGpus(machine.query, fieldsOf(machine)).gpus,
    migDevices: parseMigDevices(machine.listing),
    cudaVersion: parseCudaVersion(machine.summary),
    complaint: null,
  };
}

function told(changes: Partial<GpuObservation>): readonly string[] {
  return diagnose({ ...bare, ...changes }).findings.map(({ level, code }) => `${level} ${code}`);
}

function failed(message: string, changes: Partial<GpuObservation> = {}): readonly string[] {
  return told({ smi: { outcome: "failed", code: 9, message }, pciDevices: 1, ...changes });
}

const h100 = { smi: answer(machines.twoH100), deviceFiles: ["/dev/nvidia0", "/dev/nvidia1"], pciDevices: 2 };

test("a machine in order has nothing to tell", () => {
  const { usableGpus, findings } = diagnose({ ...bare, ...h100 });
  expect(usableGpus).toEqual([0, 1]);
  expect(findings).toEqual([]);
});

test("no GPU is no mistake where none is asked for", () => {
  expect(told({})).toEqual(["note gpu-not-given"]);
  expect(told({ isContainer: true, kernelDriver: "550.54.15", pciDevices: 8 })).toEqual(["note gpu-not-given"]);
  const refused = { isContainer: true, variables: { NVIDIA_VISIBLE_DEVICES: "void" } };
  expect(told(refused)).toEqual(["warning gpu-not-given"]);
});

test("a GPU that is asked for and not there is an error that says how to ask", () => {
  const seen = { ...bare, isContainer: true, variables: { NVIDIA_VISIBLE_DEVICES: "all" } };
  const { request, findings } = diagnose(seen);
  expect(request).toEqual({ name: "NVIDIA_VISIBLE_DEVICES", value: "all" });
  expect(findings).toMatchObject([
    { level: "error", code: "gpu-absent", remedy: expect.stringContaining("nvidia.com/gpu") },
  ]);
  expect(told({ variables: { CUDA_VISIBLE_DEVICES: "0" } })).toEqual(["error gpu-absent"]);
});

test("devices without a driver or without nvidia-smi are told apart", () => {
  expect(told({ pciDevices: 1 })).toEqual(["error driver-not-running"]);
  expect(told({ deviceFiles: ["/dev/nvidia0"], isContainer: true })).toEqual(["warning nvidia-smi-missing"]);
});

test("each failure of nvidia-smi has its own meaning", () => {
  expect(
    failed(
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
    ),
  ).toEqual(["error driver-not-running"]);
  expect(failed("Failed to initialize NVML: Driver/library version mismatch NVML library version: 535.161")).toEqual([
    "error driver-mismatch",
  ]);
  expect(failed("Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error")).toEqual([
    "error gpu-lost",
  ]);
  expect(failed("No devices were found")).toEqual(["error gpu-absent"]);
  expect(failed("Failed to initialize NVML: Unknown Error")).toEqual(["error nvidia-smi-failed"]);
  expect(failed("", { pciDevices: 0 })).toEqual(["warning nvidia-smi-failed"]);
  expect(told({ smi: { outcome: "timed-out", seconds: 15 }, pciDevices: 8 })).toEqual(["error nvidia-smi-timed-out"]);
});

test("a GPU that is lost beside others is an error, and the others stay usable", () => {
  const complaint = "Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.";
  const { usableGpus, findings } = diagnose({
    ...bare,
    smi: {
      outcome: "answered",
      gpus: parseGpus(machines.gb10.query, fieldsOf(machines.gb10)).gpus,
      migDevices: [],
      cudaVersion: null,
      complaint,
    },
  });
  expect(usableGpus).toEqual([0]);
  expect(findings).toMatchObject([{ level: "error", code: "gpu-lost", message: complaint }]);
  const smi = { ...answer(machines.twoH100), complaint: "WARNING: infoROM is corrupted at gpu 0000:18:00.0" };
  expect(told({ smi })).toEqual(["warning nvidia-smi-failed"]);
});

test("ECC errors, memory to be replaced and full memory are told of the GPU that has them", () => {
  const { findings } = diagnose({ ...bare, smi: answer(machines.twoV100) });
  expect(findings.map(({ code, message }) => `${code}: ${message.slice(0, 5)}`)).toEqual([
    "ecc-errors: GPU 0",
    "repair-pending: GPU 0",
    "memory-full: GPU 0",
  ]);
});

test("a GPU in MIG mode without an instance is not usable", () => {
  const { usableGpus, findings } = diagnose({ ...bare, smi: answer(machines.a100WithMig) });
  expect(usableGpus).toEqual([0]);
  expect(findings).toMatchObject([
    { level: "error", code: "mig-without-instances", message: expect.stringContaining("GPU 1") },
  ]);
});

test("persistence mode that is off is a note", () => {
  expect(told({ smi: answer(machines.rtx3090) })).toEqual(["note persistence-off"]);
});

test("a selection that names no GPU is an error, hiding all on purpose is none", () => {
  const hidden = diagnose({ ...bare, ...h100, variables: { CUDA_VISIBLE_DEVICES: "2" } });
  expect(hidden.usableGpus).toEqual([]);
  expect(hidden.findings).toMatchObject([{ level: "error", code: "cuda-visible-devices" }]);
  expect(told({ ...h100, variables: { CUDA_VISIBLE_DEVICES: "" } })).toEqual(["error cuda-visible-devices"]);
  expect(told({ ...h100, variables: { CUDA_VISIBLE_DEVICES: "-1" } })).toEqual([]);
});

test("numbers that mean other GPUs to CUDA than to nvidia-smi are told of", () => {
  const [first] = parseGpus(machines.rtx3090.query, fieldsOf(machines.rtx3090)).gpus;
  const [, second] = parseGpus(machines.twoH100.query, fieldsOf(machines.twoH100)).gpus;
  if (first === undefined || second === undefined) throw new Error("the fixtures hold these GPUs");
  const gpus = [{ ...first, hasPersistence: true }, second];
  const smi = { outcome: "answered", gpus, migDevices: [], cudaVersion: null, complaint: null } as const;
  expect(told({ smi, variables: { CUDA_VISIBLE_DEVICES: "0" } })).toEqual(["warning cuda-device-order"]);
  expect(told({ smi, variables: { CUDA_VISIBLE_DEVICES: "0", CUDA_DEVICE_ORDER: "PCI_BUS_ID" } })).toEqual([]);
  expect(told({ smi })).toEqual([]);
});

test("a driver that is too old for the toolkit makes every GPU unusable, unless the toolkit brings its own", () => {
  const toolkit = { version: "13.0.1", from: "CUDA_VERSION", hasForwardCompatibility: false };
  const old = diagnose({ ...bare, ...h100, toolkit });
  expect(old.usableGpus).toEqual([]);
  expect(old.findings).toMatchObject([
    {
      code: "driver-too-old",
      message: "CUDA 13.0.1 (CUDA_VERSION) needs driver 580.65.06 or newer, this is 550.54.15",
    },
  ]);
  expect(told({ ...h100, toolkit: { ...toolkit, hasForwardCompatibility: true } })).toEqual([]);
});

test("a container without the compute capability has no CUDA", () => {
  const variables = { NVIDIA_DRIVER_CAPABILITIES: "utility" };
  expect(told({ ...h100, isContainer: true, variables })).toEqual(["error driver-capabilities"]);
  expect(told({ ...h100, variables })).toEqual([]);
});

test("findings of NCCL count the GPUs that are visible, and the gravest finding comes first", () => {
  const nccl = [
    { name: "NCCL_P2P_DISABLE", value: "1", from: "environment" },
    { name: "NCCL_SOCKET_IFNAME", value: "ens5", from: "environment" },
  ];
  expect(told({ ...h100, nccl, sharedMemoryBytes: 2 ** 26 })).toEqual([
    "error nccl-socket-interface",
    "error shared-memory-small",
    "warning nccl-transport-disabled",
  ]);
  expect(told({ ...h100, sharedMemoryBytes: 2 ** 26, variables: { CUDA_VISIBLE_DEVICES: "1" } })).toEqual([]);
});
