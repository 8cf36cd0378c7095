import { expect, test } from "vitest";
import { fieldsOf, machines } from "../../test/fixtures/nvidia-smi-outputs.ts";
import { parseGpus, parseMigDevices } from "./nvidia-smi.ts";
import { requestedDevices, visibleDevices } from "./visible-devices.ts";

const { gpus } = parseGpus(machines.a100WithMig.query, fieldsOf(machines.a100WithMig));
const migDevices = parseMigDevices(machines.a100WithMig.listing);
const seen = (value: string | undefined) => visibleDevices(value, gpus, migDevices);

test("numbers, beginnings of UUIDs and MIG devices name GPUs", () => {
  expect(seen(undefined)).toEqual({ gpus: [0, 1], says: "all", problem: null });
  expect(seen("1")).toEqual({ gpus: [1], says: "named", problem: null });
  expect(seen("GPU-7ab1,GPU-5d5b")).toEqual({ gpus: [1, 0], says: "named", problem: null });
  expect(seen("MIG-c7384736-a75d-5afc-978f-d2f1294409fd,MIG-a28ad590")).toMatchObject({ gpus: [0], problem: null });
});

test("GPUs are hidden on purpose by -1, by mistake with an empty value", () => {
  expect(seen("-1")).toEqual({ gpus: [], says: "none", problem: null });
  expect(seen("")).toMatchObject({ gpus: [], problem: "is empty, which hides every GPU" });
});

test("the first name that is no device hides those behind it, a repetition hides all", () => {
  expect(seen("1,7,0")).toEqual({
    gpus: [1],
    says: "named",
    problem: 'names "7", which is no device, which also hides the 1 behind it',
  });
  expect(seen("cuda:0")).toMatchObject({ gpus: [], problem: 'names "cuda:0", which is no device' });
  expect(seen("0,0")).toMatchObject({ gpus: [], problem: 'names "0" twice, which hides every GPU' });
});

test("a container or a program asks for GPUs unless it says that it does not", () => {
  expect(requestedDevices({ NVIDIA_VISIBLE_DEVICES: "all" })).toEqual({ name: "NVIDIA_VISIBLE_DEVICES", value: "all" });
  expect(requestedDevices({ CUDA_VISIBLE_DEVICES: "0", NVIDIA_VISIBLE_DEVICES: "void" })?.name).toBe(
    "CUDA_VISIBLE_DEVICES",
  );
  for (const environment of [
    {},
    { NVIDIA_VISIBLE_DEVICES: "void" },
    { NVIDIA_VISIBLE_DEVICES: "none" },
    { CUDA_VISIBLE_DEVICES: "" },
    { CUDA_VISIBLE_DEVICES: "-1", NVIDIA_VISIBLE_DEVICES: "all" },
  ])
    expect(requestedDevices(environment)).toBeNull();
});
