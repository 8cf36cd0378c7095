import { connect, type Socket } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { connect as connectTls } from "node:tls";
import { packageVersion } from "../model/package-version.ts";
import { createLocalExecutor } from "./local/local-executor.ts";
import type { CallbackTicket } from "./ray/callback-server.ts";

/*
 * The host of one worker, as an actor of Ray starts it: the first line of its standard input says who waits for it, and
 * the end of that input that the actor is gone.
 */
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
const input = createInterface({ input: process.stdin });
let end = (): void => process.exit(1);
input.once("close", () => end());
const line = await new Promise<string>((resolve) => input.once("line", resolve));
const { FrameLink } = await import("./ray/frame-link.ts");
const { helloFrame } = await import("./ray/callback-server.ts");
const { parseHostConfiguration } = await import("./ray/host-configuration.ts");
const { WorkerHost } = await import("./ray/worker-host.ts");
const { ticket, ...patience } = parseHostConfiguration(line);
const socket = await connected(ticket);
socket.write(helloFrame(ticket, { version: packageVersion(), processId: process.pid }));
const host = new WorkerHost(new FrameLink(socket, patience), (catalogModule, sharers) =>
  createLocalExecutor({ workers: 1, sharers, catalogModule }),
);
end = () => void host.close("now");
await host.ended;
process.exit(0);

function connected({ host: address, port, certificate }: CallbackTicket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The certificate is the coordinator's own and the only one that is trusted: whose name is on it says nothing.
    const socket =
      certificate === null
        ? connect({ host: address, port }, () => resolve(socket))
        : connectTls({ host: address, port, ca: certificate, checkServerIdentity: () => undefined }, () =>
            resolve(socket),
          );
    socket.setNoDelay(true);
    socket.once("error", reject);
  });
}
