import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { httpSettings } from "../../src/storage/http/http-settings.ts";
import { createHttpStorage } from "../../src/storage/http/http-storage.ts";
import { isPrivateAddress } from "../../src/storage/http/private-addresses.ts";
import { runCli } from "../e2e/run-cli.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../fixtures/fault-proxy.ts";

const content = Buffer.from(Array.from({ length: 3 * 2 ** 20 }, (_, index) => (index * 31) >> 5));
const lines = gzipSync(
  Array.from({ length: 300 }, (_, index) => JSON.stringify({ text: `a text with the number ${index}` })).join("\n"),
);

let etag = '"one"';
let asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  const answer = answers[new URL(request.url ?? "/", "http://x").pathname];
  if (answer === undefined) response.writeHead(404).end();
  else answer(request, response);
});

const whole = (bytes: Buffer) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(200, { "content-length": bytes.byteLength }).end(bytes);

const ranged = (bytes: Buffer) => (request: IncomingMessage, response: ServerResponse) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (request.headers["if-match"] !== undefined && request.headers["if-match"] !== etag)
    return response.writeHead(412).end();
  if (range === null) return response.writeHead(200, { "content-length": bytes.byteLength, etag }).end(bytes);
  const first = Number(range[1]);
  if (first >= bytes.byteLength)
    return response.writeHead(416, { "content-range": `bytes */${bytes.byteLength}`, etag }).end();
  const last = range[2] === "" ? bytes.byteLength - 1 : Math.min(Number(range[2]), bytes.byteLength - 1);
  const part = bytes.subarray(first, last + 1);
  return response
    .writeHead(206, {
      "content-length": part.byteLength,
      "content-range": `bytes ${first}-${last}/${bytes.byteLength}`,
      etag,
    })
    .end(part);
};

const answers: { readonly [path: string]: (request: IncomingMessage, response: ServerResponse) => unknown } = {
  "/ranged": ranged(content),
  "/lines.jsonl.gz": ranged(lines),
  "/whole": whole(content),
  "/empty": ranged(Buffer.alloc(0)),
  "/chunked": (_, response) => {
    response.write("no size");
    response.end();
  },
  "/no-head": (request, response) =>
    request.method === "HEAD" ? response.writeHead(405).end() : ranged(content)(request, response),
  "/moved": (_, response) => response.writeHead(302, { location: "/ranged" }).end(),
  "/circle": (_, response) => response.writeHead(302, { location: "/circle" }).end(),
  "/to-file": (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/forbidden": (_, response) => response.writeHead(403).end(),
};

describe("web addresses", () => {
  let origin = "";
  let proxy: FaultProxy;
  let faultOf: () => Fault | undefined = () => undefined;
  const storage = createHttpStorage(httpSettings({ PIPELINE_ALLOW_PRIVATE_ADDRESSES: "1" }));

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    origin = address === null || typeof address === "string" ? "" : `http://127.0.0.1:${address.port}`;
    proxy = await startFaultProxy(origin, () => faultOf());
  });
  afterEach(() => {
    faultOf = () => undefined;
    etag = '"one"';
    asked = [];
  });
  afterAll(async () => {
    await proxy.stop();
    server.closeAllConnections();
    server.close();
  });

  const times = (count: number, fault: Fault) => {
    let left = count;
    faultOf = () => (left-- > 0 ? fault : undefined);
  };

  test.each(["/ranged", "/whole", "/no-head", "/moved"])(
    "%s gives its size, ranges and all its bytes",
    async (name) => {
      const uri = `${origin}${name}`;
      const found = await storage.stat(uri);
      expect(found).toMatchObject({ uri, bytes: content.byteLength });
      const read = async (range?: { offset: number; length: number }) =>
        Buffer.from(
          await storage.read(uri, { version: found?.version ?? "", ...(range === undefined ? {} : { range }) }),
        );
      expect((await read()).equals(content)).toBe(true);
      expect(await read({ offset: 100, length: 50 })).toEqual(content.subarray(100, 150));
      expect(await read({ offset: content.byteLength - 3, length: 50 })).toEqual(content.subarray(-3));
      expect(await read({ offset: content.byteLength, length: 50 })).toHaveLength(0);
      expect(await read({ offset: 3, length: 0 })).toHaveLength(0);
      const sizes: number[] = [];
      for await (const piece of storage.stream(uri)) sizes.push(piece.byteLength);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 20);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(content.byteLength);
    },
  );

  test("an empty object, one that is not there, and one of unknown size", async () => {
    expect(await storage.stat(`${origin}/empty`)).toMatchObject({ bytes: 0 });
    expect(await storage.read(`${origin}/empty`)).toHaveLength(0);
    expect(await storage.stat(`${origin}/none`)).toBeUndefined();
    await expect(storage.read(`${origin}/none`)).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
    await expect(storage.stat(`${origin}/chunked`)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
    await expect(storage.stat(`${origin}/forbidden`)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
    await expect(storage.put(`${origin}/a`, Buffer.from("x"))).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
  });

  test("continues a body that is cut, as the same version", { timeout: 60_000 }, async () => {
    times(5, { kind: "cut", afterBytes: 300_000 });
    expect(Buffer.from(await storage.read(`${proxy.endpoint}/ranged`)).equals(content)).toBe(true);
    times(2, { kind: "cut", afterBytes: 300_000 });
    expect(Buffer.from(await storage.read(`${proxy.endpoint}/whole`)).equals(content)).toBe(true);
    let cuts = 0;
    faultOf = () => {
      if (cuts++ > 0) etag = '"two"';
      return cuts === 1 ? { kind: "cut", afterBytes: 300_000 } : undefined;
    };
    await expect(storage.read(`${proxy.endpoint}/ranged`)).rejects.toMatchObject({ code: "INPUT_CHANGED" });
  });

  test("names an object that changed since it was listed", async () => {
    const version = (await storage.stat(`${origin}/ranged`))?.version ?? "";
    etag = '"two"';
    await expect(storage.read(`${origin}/ranged`, { version })).rejects.toMatchObject({ code: "INPUT_CHANGED" });
    await expect(storage.read(`${origin}/whole`, { version })).rejects.toMatchObject({ code: "INPUT_CHANGED" });
  });

  test("waits as long as the server asks for, and not for ever", { timeout: 60_000 }, async () => {
    times(1, { kind: "answer", status: 429, headers: { "retry-after": "1" } });
    const started = performance.now();
    await storage.read(`${proxy.endpoint}/ranged`);
    expect(performance.now() - started).toBeGreaterThan(990);
    times(1, { kind: "answer", status: 503, headers: { "retry-after": "86400" } });
    await expect(storage.read(`${proxy.endpoint}/ranged`)).rejects.toMatchObject({
      code: "STORAGE_FAILED",
      isRetryable: true,
    });
  });

  test("follows redirects, but not in circles and to no other scheme", async () => {
    await expect(storage.stat(`${origin}/circle`)).rejects.toMatchObject({
      message: expect.stringContaining("more than 5 redirects"),
    });
    await expect(storage.stat(`${origin}/to-file`)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  test("refuses what is larger than allowed", async () => {
    const careful = createHttpStorage(
      httpSettings({ PIPELINE_ALLOW_PRIVATE_ADDRESSES: "1", PIPELINE_HTTP_MAX_BYTES: "1000" }),
    );
    await expect(careful.stat(`${origin}/ranged`)).rejects.toMatchObject({
      message: expect.stringContaining("PIPELINE_HTTP_MAX_BYTES"),
    });
    await expect(careful.read(`${origin}/ranged`)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  test("asks no private address unless that is allowed, by number, by name or behind a redirect", async () => {
    const strict = createHttpStorage(httpSettings({}));
    const { port } = new URL(origin);
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]) {
      await expect(strict.stat(`http://${host}:${port}/ranged`)).rejects.toMatchObject({
        code: "INPUT_UNREADABLE",
        message: expect.stringContaining("PIPELINE_ALLOW_PRIVATE_ADDRESSES"),
      });
    }
    expect(asked).toEqual([]);
  });

  test("shows no query and no password of an address", async () => {
    const uri = `${origin}/forbidden?X-Amz-Signature=0123abcd&password=hush`;
    await expect(storage.stat(uri)).rejects.toMatchObject({
      message: expect.not.stringMatching(/0123abcd|hush/),
      details: { path: `${origin}/forbidden?…` },
    });
    await expect(storage.stat("http://user:hush@example.org/")).rejects.toMatchObject({
      message: expect.not.stringContaining("hush"),
    });
  });

  test("a pipeline reads one file from the web", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "from-web-"));
    try {
      const address = `${origin}/lines.jsonl.gz?token=hush/hush`;
      const run = await runCli(["run", address, "--to", "./out"], {
        cwd: folder,
        environment: { PIPELINE_ALLOW_PRIVATE_ADDRESSES: "1" },
      });
      expect(run, run.stderr).toMatchObject({ code: 0 });
      const explained = await runCli(["explain", "./out", "lines.jsonl.gz:0"], {
        cwd: folder,
        environment: { PIPELINE_ALLOW_PRIVATE_ADDRESSES: "1" },
      });
      expect(explained, explained.stderr).toMatchObject({ code: 0 });
      const refused = await runCli(["run", address, "--to", "./other"], { cwd: folder });
      expect(refused.stderr).toContain("PIPELINE_ALLOW_PRIVATE_ADDRESSES");
      expect(refused.stdout + refused.stderr).not.toContain("hush");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test.each<[boolean, readonly string[]]>([
  [
    true,
    [
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.9.9.9",
      "169.254.169.254",
      "172.31.0.1",
      "192.168.1.1",
      "224.0.0.1",
      "::",
      "::1",
      "fc00::1",
      "fe80::1",
      "::ffff:10.0.0.1",
      "64:ff9b::a00:1",
      "nothing",
    ],
  ],
  [false, ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]],
])("private: %s of %j", (isPrivate, addresses) => {
  for (const address of addresses) expect([address, isPrivateAddress(address)]).toEqual([address, isPrivate]);
});
