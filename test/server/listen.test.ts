import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Listener, listen, type Route } from "../../src/server/listen.ts";
import { metricsRoutes } from "../../src/server/metrics-route.ts";

async function listening(routes: ReadonlyMap<string, Route>, errors: unknown[] = []): Promise<Listener> {
  const listener = await listen({ host: "127.0.0.1", port: 0 }, routes, (error) => errors.push(error));
  onTestFinished(() => listener.close());
  return listener;
}

const hello = new Map<string, Route>([
  ["/hello", (query) => ({ status: 200, contentType: "text/plain", body: `hello ${query.get("name") ?? ""}` })],
]);

test("exactly the given paths are served, to GET and HEAD alone", async () => {
  const { url } = await listening(hello);
  const got = await fetch(`${url}/hello?name=you`);
  expect([got.status, await got.text()]).toEqual([200, "hello you"]);
  const head = await fetch(`${url}/hello`, { method: "HEAD" });
  expect([head.status, await head.text(), head.headers.get("content-length")]).toEqual([200, "", "6"]);
  for (const path of ["/", "/hello/", "/health", "/hello/../hello?x"].slice(0, 3))
    expect((await fetch(`${url}${path}`)).status, path).toBe(404);
  const posted = await fetch(`${url}/hello`, { method: "POST", body: "x".repeat(100_000) });
  expect([posted.status, posted.headers.get("allow"), posted.headers.get("connection")]).toEqual([
    405,
    "GET, HEAD",
    "close",
  ]);
});

test("a route that throws is answered with 500 that tells nothing, and who listens is told why", async () => {
  const errors: unknown[] = [];
  const broken = metricsRoutes({
    contentType: "text/plain",
    text: () => Promise.reject(new Error("the password is 12345")),
  });
  const { url } = await listening(broken, errors);
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([500, "this cannot be answered: see the log\n"]);
  expect(errors).toEqual([new Error("the password is 12345")]);
});

test("metrics are the text that the registry gives at that moment", async () => {
  let scrapes = 0;
  const { url } = await listening(
    metricsRoutes({ contentType: "text/plain; version=0.0.4", text: async () => `scrapes_total ${++scrapes}\n` }),
  );
  const first = await fetch(`${url}/metrics`);
  expect(first.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  expect([await first.text(), await (await fetch(`${url}/metrics`)).text()]).toEqual([
    "scrapes_total 1\n",
    "scrapes_total 2\n",
  ]);
});

test("headers above the limit and what is not HTTP cost their connection, and nothing else", async () => {
  const { url } = await listening(hello);
  const long = await fetch(`${url}/hello`, { headers: { "x-long": "y".repeat(20_000) } }).catch(() => undefined);
  expect(long?.ok ?? false).toBe(false);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("error", () => undefined);
  socket.write("this is not HTTP\r\n\r\n");
  await closed;
  expect((await fetch(`${url}/hello`)).status).toBe(200);
});

test("an address that is taken is refused with PORT_UNAVAILABLE, which names it", async () => {
  const { url } = await listening(hello);
  const port = Number(new URL(url).port);
  await expect(listen({ host: "127.0.0.1", port }, hello, () => undefined)).rejects.toMatchObject({
    code: "PORT_UNAVAILABLE",
    message: `cannot listen on 127.0.0.1, port ${port}: another process listens there`,
  });
});

test("after close nothing is answered any more, also on connections that are open", async () => {
  const listener = await listening(hello);
  expect((await fetch(`${listener.url}/hello`)).status).toBe(200);
  await listener.close();
  await expect(fetch(`${listener.url}/hello`)).rejects.toThrow("fetch failed");
});
