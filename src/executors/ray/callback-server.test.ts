import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { CallbackServer, type CallbackTicket, type Caller, helloFrame } from "./callback-server.ts";
import { FrameLink } from "./frame-link.ts";

const patience = { askSeconds: 0.05, silenceSeconds: 0.4 };
/** An address of this machine that is not the loopback's, as far as the server can tell. */
const outside = "0.0.0.0";

async function server(host: string): Promise<CallbackServer> {
  const opened = await CallbackServer.open(host, 0, patience);
  onTestFinished(() => opened.close());
  return opened;
}

function dial({ port, certificate }: CallbackTicket, trusted = certificate): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      trusted === null
        ? connect({ host: "127.0.0.1", port }, () => resolve(socket))
        : connectTls({ host: "127.0.0.1", port, ca: trusted, checkServerIdentity: () => undefined }, () =>
            resolve(socket),
          );
    socket.once("error", reject);
    onTestFinished(() => void socket.destroy());
  });
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => void socket.on("error", () => undefined).once("close", () => resolve()));

test.each([
  ["plain, on an address that only this machine has", "127.0.0.1"],
  ["over TLS, on any other", outside],
])("a caller with a ticket is let in, %s", async (_how, host) => {
  const callbacks = await server(host);
  const called = Promise.withResolvers<Caller>();
  const ticket = callbacks.expect(called.resolve);
  expect(ticket.certificate === null).toBe(host !== outside);
  const socket = await dial(ticket);
  const theirs = Promise.withResolvers<unknown>();
  socket.write(Buffer.concat([helloFrame(ticket, { version: "1" }), helloFrame(ticket, { second: true })]));
  new FrameLink(socket, patience).observe((header) => theirs.resolve(header));
  const { link, hello } = await called.promise;
  expect(hello).toMatchObject({ version: "1" });
  const next = Promise.withResolvers<unknown>();
  link.observe((header) => next.resolve(header));
  expect(await next.promise).toMatchObject({ second: true });
  link.send({ type: "x" });
  expect(await theirs.promise).toEqual({ type: "x" });
});

test("a token lets one caller in, once; who has another, or none, is cut off", async () => {
  const callbacks = await server("127.0.0.1");
  const callers: Caller[] = [];
  const ticket = callbacks.expect((caller) => callers.push(caller));
  for (const bytes of [
    helloFrame({ ...ticket, token: "guessed" }, {}),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(100_000),
  ]) {
    const socket = await dial(ticket);
    socket.write(bytes);
    await closed(socket);
  }
  expect(callers).toEqual([]);
  const first = await dial(ticket);
  first.write(helloFrame(ticket, {}));
  const second = await dial(ticket);
  second.write(helloFrame(ticket, {}));
  await closed(second);
  expect(callers).toHaveLength(1);
});

test("a certificate of somebody else is not spoken to, and a ticket that was taken back lets nobody in", async () => {
  const [callbacks, others] = [await server(outside), await server(outside)];
  const ticket = callbacks.expect(() => undefined);
  const foreign = others.expect(() => undefined);
  await expect(dial(ticket, foreign.certificate)).rejects.toThrow(/certificate/);
  callbacks.forget(ticket);
  const socket = await dial(ticket);
  socket.write(helloFrame(ticket, {}));
  await closed(socket);
});

test("a peer that says nothing more is given up; one that answers is not", async () => {
  const callbacks = await server("127.0.0.1");
  const silent = Promise.withResolvers<Caller>();
  const lively = Promise.withResolvers<Caller>();
  const [one, other] = [callbacks.expect(silent.resolve), callbacks.expect(lively.resolve)];
  (await dial(one)).write(helloFrame(one, {}));
  const answering = await dial(other);
  answering.write(helloFrame(other, {}));
  new FrameLink(answering, patience).observe(() => undefined);
  const { link } = await lively.promise;
  link.observe(() => undefined);
  link.expectAnswers();
  const { link: mute } = await silent.promise;
  mute.expectAnswers();
  expect(await mute.ended).toBe("nothing was heard for 0.4 s");
  const stays = Promise.withResolvers<string>();
  link.observe(() => stays.resolve("still there"));
  new FrameLink(answering, patience).send({ type: "x" });
  expect(await Promise.race([stays.promise, link.ended])).toBe("still there");
});
