import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { serverCredentials } from "../../scripts/s3-server.ts";
import { errorRecord, PipelineError } from "../../src/model/errors.ts";
import { FlowingBytes } from "../../src/storage/s3/flowing-bytes.ts";
import { RangeLength } from "../../src/storage/s3/range-length.ts";
import { S3Getter } from "../../src/storage/s3/s3-get.ts";
import { S3Session } from "../../src/storage/s3/s3-session.ts";
import { s3Settings } from "../../src/storage/s3/s3-settings.ts";
import { createS3Storage } from "../../src/storage/s3/s3-storage.ts";
import { streamObject } from "../../src/storage/s3/s3-stream.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Fault, type FaultProxy, type Seen, startFaultProxy } from "../fixtures/fault-proxy.ts";
import { missingVersitygw, startVersitygw, type TestServer, testBucket } from "../fixtures/s3-servers.ts";

const size = 20 * 2 ** 20;
const content = Buffer.from(Array.from({ length: 2 ** 16 }, (_, index) => (index * 31) >> 3));
const large = Buffer.alloc(size, content);

describe.skipIf(missingVersitygw !== undefined)(
  `S3 through accidents${missingVersitygw ? ` (${missingVersitygw})` : ""}`,
  () => {
    let server: TestServer;
    let calm: Storage;
    let proxy: FaultProxy;
    let faultOf: (request: Seen) => Fault | undefined = () => undefined;

    beforeAll(async () => {
      Object.assign(process.env, serverCredentials);
      server = await startVersitygw();
      proxy = await startFaultProxy(server.endpoint, (request) => faultOf(request));
      calm = createS3Storage(s3Settings(server.environment));
    });
    afterEach(() => {
      faultOf = () => undefined;
      proxy.seen.length = 0;
    });
    afterAll(async () => {
      await proxy.stop();
      server.stop();
    });

    const place = () => `s3://${testBucket}/${randomUUID()}`;
    const shaken = (environment: { readonly [name: string]: string } = {}) =>
      createS3Storage(s3Settings({ ...server.environment, AWS_ENDPOINT_URL: proxy.endpoint, ...environment }));
    /** The fault for the first `times` requests that `matches` is true of. */
    const firstTimes = (times: number, matches: (request: Seen) => boolean, fault: Fault) => {
      let left = times;
      faultOf = (request) => (matches(request) && left-- > 0 ? fault : undefined);
    };
    const isGet = ({ method }: Seen) => method === "GET";
    const isPut = ({ method }: Seen) => method === "PUT";

    test.each<[string, Fault]>([
      ["503 SlowDown", { kind: "answer", status: 503, code: "SlowDown" }],
      ["500", { kind: "answer", status: 500, code: "InternalError" }],
      ["429", { kind: "answer", status: 429, code: "TooManyRequests" }],
      ["a broken connection", { kind: "reset" }],
      ["a lost answer", { kind: "lose answer" }],
    ])("reads, writes and lists through %s", { timeout: 60_000 }, async (_, fault) => {
      const folder = place();
      const storage = shaken();
      firstTimes(2, () => true, fault);
      await storage.put(`${folder}/a`, Buffer.from("0123456789"));
      firstTimes(2, () => true, fault);
      expect(Buffer.from(await storage.read(`${folder}/a`)).toString()).toBe("0123456789");
      firstTimes(2, () => true, fault);
      const listed: string[] = [];
      for await (const { uri } of storage.list(folder)) listed.push(uri);
      expect(listed).toEqual([`${folder}/a`]);
      firstTimes(2, () => true, fault);
      expect((await storage.stat(`${folder}/a`))?.bytes).toBe(10);
    });

    test("continues a body that is cut where it ended, again and again, and counts no byte twice", {
      timeout: 60_000,
    }, async () => {
      const uri = `${place()}/large`;
      await calm.put(uri, large);
      firstTimes(12, isGet, { kind: "cut", afterBytes: 700_001 });
      expect(Buffer.from(await shaken().read(uri)).equals(large)).toBe(true);
      const ranges = proxy.seen.filter(isGet).map(({ headers }) => headers.range);
      expect(ranges.slice(0, 3)).toEqual([undefined, "bytes=700001-", "bytes=1400002-"]);
      expect(
        proxy.seen
          .filter(isGet)
          .slice(1)
          .every(({ headers }) => headers["if-match"] !== undefined),
      ).toBe(true);

      firstTimes(12, isGet, { kind: "cut", afterBytes: 100_000 });
      const parts: Uint8Array[] = [];
      for await (const part of shaken().stream(uri)) parts.push(part);
      expect(Buffer.concat(parts).equals(large)).toBe(true);
    });

    test("where connections are fast a whole object comes in one request, and through cuts all the same", {
      timeout: 60_000,
    }, async () => {
      const uri = `${place()}/large`;
      await calm.put(uri, large);
      const rangeLength = new RangeLength();
      for (let time = 0; time < 10; time++) rangeLength.learn(2 ** 20, 1);
      expect(rangeLength.isWhole).toBe(true);
      const settings = s3Settings({ ...server.environment, AWS_ENDPOINT_URL: proxy.endpoint });
      const getter = new S3Getter(new S3Session(settings));
      const collect = async (asked: string) => {
        const parts: Uint8Array[] = [];
        // Each time as if the connection were fast, however slow the one before was.
        for (let time = 0; time < 10; time++) rangeLength.learn(2 ** 20, 1);
        for await (const part of streamObject(getter, rangeLength, asked, {})) parts.push(part);
        return Buffer.concat(parts);
      };
      expect((await collect(uri)).equals(large)).toBe(true);
      expect(proxy.seen.filter(isGet).map(({ headers }) => headers.range)).toEqual([undefined]);

      firstTimes(3, isGet, { kind: "cut", afterBytes: 5 * 2 ** 20 + 1 });
      expect((await collect(uri)).equals(large)).toBe(true);
      const version = "another";
      await expect(streamObject(getter, rangeLength, uri, { version }).next()).rejects.toMatchObject({
        code: "INPUT_CHANGED",
      });
      await calm.put(`${uri}-empty`, new Uint8Array(0));
      expect((await collect(`${uri}-empty`)).byteLength).toBe(0);
      await expect(collect(`${uri}-missing`)).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
    });

    test.each([
      ["whole", undefined],
      ["cut", { kind: "cut", afterBytes: 3 * 2 ** 20 } as const],
    ])(
      "a body waits for its receiver, %s, and has all the time that it wants",
      { timeout: 60_000 },
      async (_, fault) => {
        const uri = `${place()}/large`;
        await calm.put(uri, large);
        if (fault !== undefined) firstTimes(2, isGet, fault);
        const settings = s3Settings({
          ...server.environment,
          AWS_ENDPOINT_URL: proxy.endpoint,
          PIPELINE_S3_REQUEST_SECONDS: "3",
        });
        const bytes = new FlowingBytes(2 ** 20);
        const version = (await calm.stat(uri))?.version ?? "";
        const request = { uri, offset: 1, length: size - 1, version, signal: undefined };
        const flowing = new S3Getter(new S3Session(settings)).flow(request, bytes);
        while (bytes.received === 0) await calm.read(uri);
        for (const began = performance.now(); performance.now() - began < 3500; ) await calm.read(uri);
        expect(bytes.received).toBeLessThan(4 * 2 ** 20);
        const parts: Uint8Array[] = [];
        for await (const part of bytes) parts.push(part);
        await flowing;
        if (fault === undefined) expect(proxy.seen.filter(isGet)).toHaveLength(1);
        expect(Buffer.concat(parts).equals(large.subarray(1))).toBe(true);
      },
    );

    test.each<[string, Fault]>([
      ["a length that is too short", { kind: "announce", length: -3 }],
      ["a length that is too long", { kind: "announce", length: 3 }],
      ["another byte", { kind: "damage" }],
    ])("does not take %s for the object", { timeout: 60_000 }, async (_, fault) => {
      const uri = `${place()}/a`;
      await calm.put(uri, Buffer.from("0123456789"));
      firstTimes(2, isGet, fault);
      expect(Buffer.from(await shaken().read(uri)).toString()).toBe("0123456789");
      faultOf = (request) => (isGet(request) ? fault : undefined);
      await expect(shaken({ AWS_MAX_ATTEMPTS: "3" }).read(uri)).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        isRetryable: true,
      });
    });

    test("names an object that is replaced while it is streamed", { timeout: 60_000 }, async () => {
      const uri = `${place()}/large`;
      await calm.put(uri, large);
      const read = async () => {
        let pieces = 0;
        for await (const _ of shaken().stream(uri)) if (pieces++ === 0) await calm.put(uri, Buffer.from("new"));
      };
      let gets = 0;
      faultOf = (request) => (isGet(request) && ++gets > 1 ? { kind: "cut", afterBytes: 1000 } : undefined);
      await expect(read()).rejects.toMatchObject({ code: "INPUT_CHANGED" });
    });

    const isPage = ({ path }: Seen) => path.includes("list-type=2");
    /** 60 folders of 100 empty objects, put behind the server's back. */
    const manyFolders = () => {
      const name = randomUUID();
      const uris: string[] = [];
      for (let index = 0; index < 6000; index++) {
        const [folder, file] = [String(Math.floor(index / 100)).padStart(2, "0"), String(index).padStart(4, "0")];
        if (index % 100 === 0) mkdirSync(path.join(server.folder ?? "", name, folder), { recursive: true });
        writeFileSync(path.join(server.folder ?? "", name, folder, file), "");
        uris.push(`s3://${testBucket}/${name}/${folder}/${file}`);
      }
      return { folder: `s3://${testBucket}/${name}`, uris };
    };

    test("lists many folders in order, through errors, with less than twice the requests of its pages", {
      timeout: 60_000,
    }, async () => {
      const { folder, uris } = manyFolders();
      const list = async () => {
        const listed: string[] = [];
        for await (const { uri } of shaken().list(folder)) listed.push(uri);
        return listed;
      };
      expect(await list()).toEqual(uris);
      expect(proxy.seen.filter(isPage).length).toBeLessThan(12);
      let pages = 0;
      faultOf = (request) =>
        isPage(request) && ++pages % 3 === 0 ? { kind: "answer", status: 503, code: "SlowDown" } : undefined;
      expect(await list()).toEqual(uris);
    });

    test("a page that is refused ends a listing after what lies before it; folders that are refused do not", {
      timeout: 60_000,
    }, async () => {
      const { folder, uris } = manyFolders();
      const denied = { kind: "answer", status: 403, code: "AccessDenied" } as const;
      const listed: string[] = [];
      const list = async () => {
        listed.length = 0;
        for await (const { uri } of shaken().list(folder)) listed.push(uri);
      };
      faultOf = ({ path }) => (path.includes("delimiter=") ? denied : undefined);
      await list();
      expect(listed).toEqual(uris);
      let pages = 0;
      faultOf = ({ path }) => (!path.includes("delimiter=") && ++pages > 4 ? denied : undefined);
      await expect(list()).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
      expect(listed.length).toBeGreaterThanOrEqual(2000);
      expect(listed).toEqual(uris.slice(0, listed.length));
    });

    test.each(["left", "told to stop"])(
      "a listing that is %s leaves no request behind",
      { timeout: 60_000 },
      async (end) => {
        const { folder, uris } = manyFolders();
        const gone: Promise<unknown>[] = [];
        const twoHang = Promise.withResolvers<void>();
        faultOf = (request) => {
          if (proxy.seen.length === 1) return undefined;
          if (gone.push(request.gone()) === 2) twoHang.resolve();
          return { kind: "silence" };
        };
        const controller = new AbortController();
        const list = async () => {
          for await (const { uri } of shaken().list(folder, controller.signal)) {
            if (uri === uris[0]) await twoHang.promise;
            if (end === "left") return;
            controller.abort(new Error("enough"));
          }
        };
        if (end === "left") await list();
        else await expect(list()).rejects.toThrow("enough");
        await Promise.all(gone);
        expect(gone).toHaveLength(2);
      },
    );

    test("a conditional write whose answer is lost is ours when the object is", { timeout: 60_000 }, async () => {
      const uri = `${place()}/entry`;
      firstTimes(1, isPut, { kind: "lose answer" });
      expect(await shaken().putIfAbsent(uri, Buffer.from("entry of one"))).toBe(true);
      firstTimes(1, isPut, { kind: "lose answer" });
      expect(await shaken().putIfAbsent(uri, Buffer.from("entry of another"))).toBe(false);
      expect(Buffer.from(await calm.read(uri)).toString()).toBe("entry of one");
    });

    test("a conditional write that meets another (409) is tried until one of them has won", {
      timeout: 60_000,
    }, async () => {
      const uri = `${place()}/entry`;
      const conflict: Fault = { kind: "answer", status: 409, code: "ConditionalRequestConflict" };
      firstTimes(3, isPut, conflict);
      expect(await shaken().putIfAbsent(uri, Buffer.from("one"))).toBe(true);
      firstTimes(3, isPut, conflict);
      expect(await shaken().putIfAbsent(uri, Buffer.from("two"))).toBe(false);
    });

    test("a large object whose last answer is lost is published under the attempt's name, whole", {
      timeout: 60_000,
    }, async () => {
      const folder = place();
      const writer = await shaken().create(`${folder}/a.tar`, "7");
      await writer.write(large);
      firstTimes(1, ({ method, path }) => method === "POST" && path.includes("uploadId="), { kind: "lose answer" });
      const isCreated = (await writer.commit()) === "created";
      if (!isCreated) expect(await writer.commitAs(`${folder}/a.7.tar`)).toBe("created");
      await writer.abort();
      expect(Buffer.from(await calm.read(`${folder}/${isCreated ? "a.tar" : "a.7.tar"}`)).equals(large)).toBe(true);
    });

    test("a large object whose name is taken while it is written fails in a way that trying again mends", {
      timeout: 60_000,
    }, async () => {
      const folder = place();
      const storage = shaken();
      const writer = await storage.create(`${folder}/a.tar`, "1");
      await writer.write(large);
      await calm.put(`${folder}/a.tar`, Buffer.from("of another"));
      expect(await writer.commit()).toBe("exists");
      await expect(writer.commitAs(`${folder}/a.1.tar`)).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        isRetryable: true,
      });
      await writer.abort();
      const again = await storage.create(`${folder}/a.tar`, "2");
      await again.write(large);
      expect(await again.commit()).toBe("exists");
      expect(await again.commitAs(`${folder}/a.2.tar`)).toBe("created");
      await again.abort();
      expect(Buffer.from(await calm.read(`${folder}/a.2.tar`)).equals(large)).toBe(true);
      expect(Buffer.from(await calm.read(`${folder}/a.tar`)).toString()).toBe("of another");
    });

    test("writes large objects through errors in their parts, with the same parts as without", {
      timeout: 60_000,
    }, async () => {
      const folder = place();
      let puts = 0;
      faultOf = (request) =>
        isPut(request) && ++puts % 2 === 1 ? { kind: "answer", status: 503, code: "SlowDown" } : undefined;
      for (const [name, storage] of [
        ["shaken", shaken()],
        ["calm", calm],
      ] as const) {
        const writer = await storage.create(`${folder}/${name}`, "1");
        await writer.write(large);
        expect(await writer.commit()).toBe("created");
      }
      const [one, other] = [await calm.stat(`${folder}/shaken`), await calm.stat(`${folder}/calm`)];
      expect(one?.version).toBe(other?.version);
      expect(Buffer.from(await calm.read(`${folder}/shaken`)).equals(large)).toBe(true);
    });

    test("gives up on a server that says nothing, and ends at once when it is told to", {
      timeout: 60_000,
    }, async () => {
      const uri = `${place()}/a`;
      await calm.put(uri, Buffer.from("x"));
      faultOf = () => ({ kind: "silence" });
      const storage = shaken({ PIPELINE_S3_REQUEST_SECONDS: "0.2", AWS_MAX_ATTEMPTS: "2" });
      await expect(storage.read(uri)).rejects.toMatchObject({ code: "STORAGE_FAILED", isRetryable: true });
      await expect(storage.stat(uri)).rejects.toMatchObject({ code: "STORAGE_FAILED", isRetryable: true });
      const controller = new AbortController();
      const reading = shaken().read(uri, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(reading).rejects.toThrow("enough");
    });

    test("an object without an ETag is told by its size and the time of its last change", async () => {
      const file = path.join(server.folder ?? "", "put-behind-its-back");
      const uri = `s3://${testBucket}/put-behind-its-back`;
      writeFileSync(file, "old");
      const found = await calm.stat(uri);
      expect(found?.version).toMatch(/^3 bytes of /);
      for await (const { uri: listed, version } of calm.list(`s3://${testBucket}`))
        if (listed === uri) expect(version).toBe(found?.version);
      expect(Buffer.from(await calm.read(uri, { version: found?.version ?? "" })).toString()).toBe("old");
      writeFileSync(file, "newer");
      await expect(calm.read(uri, { version: found?.version ?? "" })).rejects.toMatchObject({ code: "INPUT_CHANGED" });
    });

    test("says what to do when the endpoint is down", { timeout: 60_000 }, async () => {
      const storage = createS3Storage(s3Settings({ AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "2" }));
      for (const failing of [() => storage.read("s3://bucket/a"), () => storage.stat("s3://bucket/a")]) {
        await expect(failing()).rejects.toMatchObject({
          code: "STORAGE_FAILED",
          isRetryable: true,
          message: expect.stringMatching(/ECONNREFUSED.*http:\/\/127\.0\.0\.1:9 gave no answer in 2 attempts/s),
        });
      }
    });

    test.each<[string, Fault, "read" | "write", string]>([
      ["AccessDenied", { kind: "answer", status: 403, code: "AccessDenied" }, "read", "INPUT_UNREADABLE"],
      ["AccessDenied", { kind: "answer", status: 403, code: "AccessDenied" }, "write", "OUTPUT_UNWRITABLE"],
      ["NoSuchBucket", { kind: "answer", status: 404, code: "NoSuchBucket" }, "read", "INPUT_NOT_FOUND"],
      ["NoSuchBucket", { kind: "answer", status: 404, code: "NoSuchBucket" }, "write", "OUTPUT_UNWRITABLE"],
      ["NoSuchKey", { kind: "answer", status: 404, code: "NoSuchKey" }, "read", "INPUT_NOT_FOUND"],
      [
        "InvalidAccessKeyId",
        { kind: "answer", status: 403, code: "InvalidAccessKeyId" },
        "read",
        "STORAGE_UNAUTHORIZED",
      ],
      [
        "SignatureDoesNotMatch",
        { kind: "answer", status: 403, code: "SignatureDoesNotMatch" },
        "write",
        "STORAGE_UNAUTHORIZED",
      ],
      ["ExpiredToken", { kind: "answer", status: 400, code: "ExpiredToken" }, "read", "STORAGE_UNAUTHORIZED"],
      [
        "RequestTimeTooSkewed",
        { kind: "answer", status: 403, code: "RequestTimeTooSkewed" },
        "read",
        "STORAGE_UNAUTHORIZED",
      ],
      [
        "RequestTimeTooSkewed",
        { kind: "answer", status: 403, code: "RequestTimeTooSkewed" },
        "write",
        "STORAGE_UNAUTHORIZED",
      ],
      ["QuotaExceeded", { kind: "answer", status: 403, code: "QuotaExceeded" }, "write", "STORAGE_FULL"],
      ["InvalidObjectState", { kind: "answer", status: 403, code: "InvalidObjectState" }, "read", "INPUT_UNREADABLE"],
    ])("%s is told as what it is (%o, %s)", { timeout: 60_000 }, async (code, fault, access, expected) => {
      faultOf = () => fault;
      const storage = shaken({ AWS_MAX_ATTEMPTS: "3" });
      const uri = `${place()}/a`;
      const call = access === "read" ? storage.read(uri) : storage.put(uri, Buffer.from("x"));
      await expect(call).rejects.toMatchObject({
        code: expected,
        isRetryable: false,
        message: expect.stringContaining(code),
      });
    });

    test("the server's clock is followed when it differs", async () => {
      const uri = `${place()}/a`;
      await calm.put(uri, Buffer.from("x"));
      const date = new Date(Date.now() + 3_600_000).toUTCString();
      firstTimes(1, () => true, { kind: "answer", status: 403, code: "RequestTimeTooSkewed", headers: { date } });
      // The server's clock is right in truth, so that a request from an hour ahead is refused: that it was sent is the proof.
      await shaken({ AWS_MAX_ATTEMPTS: "2" })
        .read(uri)
        .catch(() => undefined);
      const stamps = proxy.seen.map(({ headers }) => String(headers["x-amz-date"]));
      expect(stamps.length).toBeGreaterThan(1);
      expect(stamps[1]?.slice(0, 11)).not.toBe(stamps[0]?.slice(0, 11));
    });

    test("no key, token or signature is in what an error tells", { timeout: 60_000 }, async () => {
      const secrets = ["AKIAWRONGWRONGWRONG0", "wrong/secret+key", "session-token-of-nobody"];
      vi.stubEnv("AWS_ACCESS_KEY_ID", secrets[0]);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", secrets[1]);
      vi.stubEnv("AWS_SESSION_TOKEN", secrets[2]);
      const told: string[] = [];
      const storage = createS3Storage(s3Settings(server.environment));
      const uri = `${place()}/a`;
      const calls = [
        () => storage.read(uri),
        () => storage.put(uri, Buffer.from("x")),
        () => storage.stat(uri),
        () => storage.isFolder(uri),
        () => storage.putIfAbsent(uri, Buffer.from("x")),
      ];
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (!(error instanceof PipelineError)) throw new Error(`expected a PipelineError, received ${String(error)}`);
        expect(error.code).toBe("STORAGE_UNAUTHORIZED");
        told.push(`${JSON.stringify(errorRecord(error))} ${error.stack} ${String(error.cause)}`);
      }
      vi.unstubAllEnvs();
      for (const secret of secrets) expect(told.join("\n")).not.toContain(secret);
      expect(told.join("\n")).not.toMatch(/Signature=[0-9a-f]{8}/);
    });
  },
);
