import { connect } from "node:net";

const reachMilliseconds = 5000;

/**
 * Whether somebody listens at a host, as a URL has it, and a port: resolves with the address of this machine that it is
 * reached from. Rejects with an Error that says why not, within seconds.
 */
export function reach(hostname: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port, timeout: reachMilliseconds });
    const end = (settle: () => void) => {
      settle();
      socket.destroy();
    };
    socket.once("error", (error) => end(() => reject(error)));
    socket.once("timeout", () => end(() => reject(new Error("it does not answer"))));
    socket.once("connect", () => end(() => resolve(socket.localAddress ?? "127.0.0.1")));
  });
}
