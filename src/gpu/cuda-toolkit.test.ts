import { expect, test } from "vitest";
import { kernelDriverVersion, neededDriver, toolkitVersion } from "./cuda-toolkit.ts";

test("any toolkit of a major version runs on the driver that the first one came with", () => {
  expect(neededDriver("12.9.1", "525.60.13")).toBeUndefined();
  expect(neededDriver("12.0", "525.60.11")).toBe("525.60.13");
  expect(neededDriver("13.0.2", "570.172.08")).toBe("580.65.06");
  expect(neededDriver("11.8", "418.87.01")).toBe("450.80.02");
  expect(neededDriver("12.4", "1000")).toBeUndefined();
  expect(neededDriver("99.0", "418.87.01")).toBeUndefined();
});

test("the version is read from a toolkit of any age", () => {
  const json = '{\n   "cuda" : {\n      "name" : "CUDA SDK",\n      "version" : "12.4.1"\n   },\n   "cuda_cccl" : {\n';
  expect(toolkitVersion(`${json} "version" : "12.4.127" } }`)).toBe("12.4.1");
  expect(toolkitVersion("CUDA Version 10.2.89\n")).toBe("10.2.89");
  expect(toolkitVersion("")).toBeNull();
});

test("the driver's version is read from either kind of kernel module", () => {
  const proprietary =
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc version 12.3.0\n";
  const open =
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U22-I3-AE18-23-3)\n";
  expect(kernelDriverVersion(proprietary)).toBe("550.54.15");
  expect(kernelDriverVersion(open)).toBe("580.65.06");
  expect(kernelDriverVersion("")).toBeNull();
});
