import { enableCompileCache } from "node:module";
import { Socket } from "node:net";

/* A worker process. The executor starts it with a duplex socket as file descriptor 3 and its journal as 4. */
// First of all: terminals and service managers signal the whole group, a worker that is booting included; it is the
// coordinator that decides what stops.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
enableCompileCache?.();
const { serveTasks } = await import("./serve-tasks.ts");
const socket = new Socket({ fd: 3, readable: true, writable: true });
// Without a coordinator nobody can make this worker's output count: it must not go on.
socket.on("close", () => process.exit(0));
socket.on("error", () => process.exit(1));
await serveTasks(socket, 4);
process.exit(0);
