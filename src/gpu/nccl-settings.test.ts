import { expect, test } from "vitest";
import { matchingNames, ncclFindings, ncclSettings, parseNcclFile } from "./nccl-settings.ts";

const here = {
  gpus: 2,
  interfaces: ["docker0", "eth0", "eth1", "lo"],
  infinibandAdapters: ["mlx5_0", "mlx5_1"],
  sharedMemoryBytes: 2 ** 34,
};
const findings = (environment: { readonly [name: string]: string }, surroundings: Partial<typeof here> = {}) =>
  ncclFindings(ncclSettings(environment, []), { ...here, ...surroundings }).map(
    ({ level, code }) => `${level} ${code}`,
  );

test("interfaces are matched as NCCL does", () => {
  expect(matchingNames("eth", here.interfaces)).toEqual(["eth0", "eth1"]);
  expect(matchingNames("=eth", here.interfaces)).toEqual([]);
  expect(matchingNames("=eth0,docker0", here.interfaces)).toEqual(["docker0", "eth0"]);
  expect(matchingNames("^docker,lo", here.interfaces)).toEqual(["eth0", "eth1"]);
  expect(matchingNames("^=docker0", here.interfaces)).toEqual(["eth0", "eth1", "lo"]);
  expect(matchingNames("=mlx5_0:1", here.infinibandAdapters)).toEqual(["mlx5_0"]);
});

test("an interface or adapter that is not there is an error, and the message names those that are", () => {
  const [finding] = ncclFindings(ncclSettings({ NCCL_SOCKET_IFNAME: "ens5" }, []), here);
  expect(finding).toMatchObject({
    level: "error",
    message: "NCCL_SOCKET_IFNAME=ens5 (environment) matches no interface; there are docker0, eth0, eth1, lo",
  });
  expect(findings({ NCCL_SOCKET_IFNAME: "lo" })).toEqual(["error nccl-socket-interface"]);
  expect(findings({ NCCL_SOCKET_IFNAME: "^docker,lo" })).toEqual([]);
  expect(findings({ NCCL_IB_HCA: "mlx4" })).toEqual(["error nccl-infiniband-adapter"]);
  expect(findings({ NCCL_IB_HCA: "=mlx5_1:1" })).toEqual([]);
});

test("transports that are switched off are named, unless it changes nothing", () => {
  expect(findings({ NCCL_P2P_DISABLE: "1", NCCL_SHM_DISABLE: "1", NCCL_IB_DISABLE: "1" })).toEqual(
    Array(3).fill("warning nccl-transport-disabled"),
  );
  expect(findings({ NCCL_P2P_DISABLE: "0" })).toEqual([]);
  expect(findings({ NCCL_IB_DISABLE: "1" }, { infinibandAdapters: [] })).toEqual(["note nccl-transport-disabled"]);
  expect(findings({ NCCL_P2P_DISABLE: "true" })).toEqual(["warning nccl-setting-invalid"]);
  expect(findings({ NCCL_DEBUG: "debug" })).toEqual(["warning nccl-setting-invalid"]);
  expect(findings({ NCCL_DEBUG: "info" })).toEqual(["note nccl-debug"]);
});

test("shared memory matters between several GPUs", () => {
  const small = { sharedMemoryBytes: 64 * 2 ** 20 };
  expect(findings({}, small)).toEqual(["error shared-memory-small"]);
  expect(findings({}, { sharedMemoryBytes: 2 ** 29 })).toEqual(["warning shared-memory-small"]);
  expect(findings({}, { ...small, gpus: 1 })).toEqual([]);
});

test("nothing is an error on a machine without GPUs", () => {
  expect(findings({ NCCL_SOCKET_IFNAME: "ens5" }, { gpus: 0 })).toEqual(["warning nccl-socket-interface"]);
});

test("the environment goes before the user's file, and that before the system's", () => {
  const own = parseNcclFile("# ours\nNCCL_DEBUG=WARN\n NCCL_SOCKET_IFNAME==ens1f0 \n", "~/.nccl.conf");
  const system = parseNcclFile("NCCL_DEBUG=TRACE\nNCCL_IB_HCA=mlx5\nnot a setting\n", "/etc/nccl.conf");
  expect(ncclSettings({ NCCL_SOCKET_IFNAME: "eth0", HOME: "/root" }, [own, system])).toEqual([
    { name: "NCCL_DEBUG", value: "WARN", from: "~/.nccl.conf" },
    { name: "NCCL_IB_HCA", value: "mlx5", from: "/etc/nccl.conf" },
    { name: "NCCL_SOCKET_IFNAME", value: "eth0", from: "environment" },
  ]);
});
