import { z } from "zod";

/** What Node prints when its debugger opens and closes: not the user's words. */
const debuggerChatter =
  /^(?:Debugger (?:listening|ending) on .*|Debugger attached\.|For help, see: .*|Waiting for the debugger .*)\n?/gm;
const debuggerAddress = /^Debugger listening on (ws:\S+)/m;

/** Options of a process whose stack is to be looked at: nobody else can learn the debugger's address. */
export const debuggerOptions = ["--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"];

const messageSchema = z.discriminatedUnion("method", [
  z.object({
    method: z.literal("Debugger.scriptParsed"),
    params: z.object({ scriptId: z.string(), url: z.string() }),
  }),
  z.object({
    method: z.literal("Debugger.paused"),
    params: z.object({
      callFrames: z.array(
        z.object({
          functionName: z.string(),
          location: z.object({ scriptId: z.string(), lineNumber: z.int(), columnNumber: z.int().default(0) }),
        }),
      ),
    }),
  }),
]);

/** What the process printed, without what its debugger said. */
export function withoutChatter(text: string): string {
  return text.replace(debuggerChatter, "");
}

/** Where the debugger listens, once the process has printed it. */
export function addressIn(text: string): string | undefined {
  return debuggerAddress.exec(text)?.[1];
}

/**
 * The JavaScript that a process is running, innermost call first, as `apply (file:///spin.ts:12:5)`; Node's own
 * code is left out. Pauses the process for a moment. Undefined when it does not answer in time: it is in native code.
 */
export function runningStack(address: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    const scripts = new Map<string, string>();
    let isFinished = false;
    const finish = (stack: readonly string[] | undefined) => {
      // Closing a socket that is not open yet is an error again.
      if (isFinished) return;
      isFinished = true;
      // A process that is still paused goes on when its debugger leaves.
      socket.close();
      resolve(stack);
    };
    signal.addEventListener("abort", () => finish(undefined), { once: true });
    socket.addEventListener("error", () => finish(undefined));
    socket.addEventListener("open", () => {
      for (const [id, method] of ["Debugger.enable", "Debugger.pause"].entries())
        socket.send(JSON.stringify({ id, method }));
    });
    socket.addEventListener("message", (event) => {
      const { success, data } = messageSchema.safeParse(JSON.parse(String(event.data)));
      if (!success) return;
      if (data.method === "Debugger.scriptParsed") scripts.set(data.params.scriptId, data.params.url);
      else
        finish(
          data.params.callFrames.flatMap(({ functionName, location }) => {
            const url = scripts.get(location.scriptId) ?? "";
            const place = `${url}:${location.lineNumber + 1}:${location.columnNumber + 1}`;
            return url === "" || url.startsWith("node:") ? [] : [`${functionName || "anonymous"} (${place})`];
          }),
        );
    });
  });
}
