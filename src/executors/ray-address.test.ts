import { expect, test } from "vitest";
import { chooseExecutor } from "./choose-executor.ts";
import { executorLimits } from "./create-executor.ts";
import { rayClusterOf } from "./ray-address.ts";

test.each([
  ["http://ray-head-service:8265/", { by: "job", url: "http://ray-head-service:8265" }],
  ["ray-head-service:6379", { by: "process", address: "ray-head-service:6379" }],
  ["[::1]:6379", { by: "process", address: "[::1]:6379" }],
  ["auto", { by: "process", address: "auto" }],
])("%s", (text, address) => {
  expect(rayClusterOf(text, {}, undefined)?.address).toEqual(address);
});

test("the dashboard's address goes before the other, as in Ray; empty is not given", () => {
  const environment = { RAY_ADDRESS: "ray://head:10001", RAY_API_SERVER_ADDRESS: "http://head:8265" };
  expect(rayClusterOf(undefined, environment, undefined)).toMatchObject({
    address: { by: "job" },
    from: "RAY_API_SERVER_ADDRESS",
  });
  expect(rayClusterOf("", { RAY_ADDRESS: " ", RAY_API_SERVER_ADDRESS: "" }, undefined)).toBeUndefined();
});

test.each([
  ["ray://head:10001", "RAY_API_SERVER_ADDRESS=http://"],
  ["head", "host:port of its GCS"],
  ["http://", "expected a URL"],
])("%s is refused with what to give instead", (text, words) => {
  expect(() => rayClusterOf(text, {}, undefined)).toThrow(words);
});

test("a port that is none is refused by its name", () => {
  expect(() => rayClusterOf("auto", { BRIDGE_PORT: "http" }, undefined)).toThrow("BRIDGE_PORT: expected a port");
});

test("an address alone chooses Ray; a flag goes before it", async () => {
  const environment = { RAY_ADDRESS: "auto" };
  expect(await chooseExecutor({}, {})).toEqual({ kind: "local" });
  expect((await chooseExecutor({}, environment)).kind).toBe("ray");
  expect(await chooseExecutor({ executor: "local" }, environment)).toEqual({ kind: "local" });
  expect(await chooseExecutor({ executor: "ray" }, {})).toMatchObject({ cluster: { address: { address: "auto" } } });
  await expect(chooseExecutor({ executor: "dask" }, {})).rejects.toThrow("expected local or ray");
});

test("a token is read as Ray reads it, and a file that is not there is named", async () => {
  const given = { RAY_ADDRESS: "auto", RAY_AUTH_TOKEN: "t" };
  expect(await chooseExecutor({}, given)).toMatchObject({ cluster: { token: undefined } });
  expect(await chooseExecutor({}, { ...given, RAY_AUTH_MODE: "token" })).toMatchObject({ cluster: { token: "t" } });
  const missing = { RAY_ADDRESS: "auto", RAY_AUTH_MODE: "token", RAY_AUTH_TOKEN_PATH: "/nowhere/token" };
  await expect(chooseExecutor({}, missing)).rejects.toThrow("RAY_AUTH_TOKEN_PATH: /nowhere/token cannot be read");
});

test("on a cluster every worker has its budget, however many there may be", async () => {
  const ray = await chooseExecutor({}, { RAY_ADDRESS: "auto" });
  for (const asked of ["auto", 8, { min: 2, max: 32 }] as const) {
    const { workers, memoryBudgetBytes } = executorLimits(ray, asked);
    expect(memoryBudgetBytes / workers).toBe(64 * 2 ** 20);
  }
  expect(executorLimits(ray, { min: 2, max: 32 }).workers).toBe(32);
});
