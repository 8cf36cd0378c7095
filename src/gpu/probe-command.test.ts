import { expect, test } from "vitest";
import { probeCommand } from "./probe-command.ts";

test("tells exit code and both outputs", async () => {
  expect(await probeCommand("sh", ["-c", "echo out; echo err >&2; exit 9"], 10)).toEqual({
    outcome: "exited",
    code: 9,
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("tells a command that is not there from one that cannot be started", async () => {
  expect(await probeCommand("no-such-command-anywhere", [], 10)).toEqual({ outcome: "missing" });
  expect(await probeCommand("/", [], 10)).toMatchObject({ outcome: "not-started" });
});

test("does not wait for a command that hangs, nor for what holds its output open", async () => {
  expect(await probeCommand("sh", ["-c", "sleep 60 & wait"], 0.2)).toEqual({ outcome: "timed-out", seconds: 0.2 });
});
