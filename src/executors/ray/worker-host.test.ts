import { duplexPair } from "node:stream";
import { expect, test } from "vitest";
import { FrameLink } from "./frame-link.ts";
import { HostLink } from "./host-link.ts";
import { WorkerHost } from "./worker-host.ts";

test("a file that the node does not see ends the task before it begins, and names the file", async () => {
  const [ours, theirs] = duplexPair();
  const host = new WorkerHost(new FrameLink(theirs), () => {
    throw new Error("no executor is needed for it");
  });
  const link = new HostLink(new FrameLink(ours), 0, "node", undefined);
  const task = {
    stage: 0,
    split: 0,
    attempt: 1,
    attemptId: "a1",
    input: { kind: "spool", shards: [] },
  } as const;
  await expect(link.run(task, [import.meta.filename, "/nowhere/.shared-1"])).rejects.toMatchObject({
    code: "STORAGE_NOT_SHARED",
    scope: "run",
    message: expect.stringContaining("/nowhere/.shared-1"),
  });
  await link.close("now");
  await host.close("now");
});
