import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PipelineError } from "../model/errors.ts";
import { nameFromBytes, pathOnDisk } from "./file-name-bytes.ts";
import { localError } from "./local-errors.ts";
import { localStorage } from "./local-storage.ts";
import { mostBytesAtOnce, type ReadOptions } from "./storage.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "local-storage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);
const names = () => readdirSync(folder).sort();

function put(name: string, content: string | Uint8Array = name): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}

async function listed(root = folder): Promise<string[]> {
  const found: string[] = [];
  for await (const object of localStorage.list(root)) found.push(path.relative(root, object.uri));
  return found;
}

async function streamed(uri: string, options?: ReadOptions): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of localStorage.stream(uri, options)) chunks.push(Buffer.from(chunk));
  return chunks;
}

async function errorOf(promise: Promise<unknown>): Promise<PipelineError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PipelineError) return error;
  throw new Error(`expected a PipelineError, received ${String(error)}`);
}

describe("readAtOnce", () => {
  test.runIf(process.platform === "linux")(
    "gives small files, and nothing where `read` has something to say",
    async () => {
      put("small", "small one");
      put("large", new Uint8Array(mostBytesAtOnce + 1));
      symlinkSync(at("small"), at("link"));
      execFileSync("mkfifo", [at("pipe")]);
      const readAtOnce = await localStorage.readAtOnce?.(folder);
      const version = async (name: string) => (await localStorage.stat(at(name)))?.version ?? "";
      expect(readAtOnce?.(at("small"), await version("small"), 9)).toEqual(Buffer.from("small one"));
      expect(readAtOnce?.(at("small"), "9-another", 9)).toBeUndefined();
      expect(readAtOnce?.(at("small"), await version("small"), 10)).toBeUndefined();
      expect(readAtOnce?.(at("large"), await version("large"), mostBytesAtOnce + 1)).toBeUndefined();
      expect(readAtOnce?.(at("link"), await version("link"), 9)).toBeUndefined();
      for (const name of ["pipe", "none", "."]) expect(readAtOnce?.(at(name), "0-0", 0)).toBeUndefined();
    },
  );

  test("is not offered where files are not of this machine's disks", async () => {
    expect(await localStorage.readAtOnce?.(at("none"))).toBeUndefined();
    expect(await localStorage.readAtOnce?.("/proc/self")).toBeUndefined();
  });
});

describe("list", () => {
  test("orders by code units of the whole relative path", async () => {
    const segment = fc.stringMatching(/^[a-c0!~é💡-][a-c0.!~-]{0,2}$/u);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.array(segment, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
        async (paths) => {
          rmSync(folder, { recursive: true, force: true });
          mkdirSync(folder);
          const made = new Set<string>();
          for (const segments of paths) {
            const name = segments.join("/");
            const clashes = [...made].some(
              (other) => other === name || other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
            );
            if (clashes) continue;
            put(name);
            made.add(name);
          }
          expect(await listed()).toEqual([...made].sort());
        },
      ),
      { numRuns: 50 },
    );
  });

  test("leaves out hidden names, but lists a hidden folder that is named", async () => {
    for (const name of ["a.txt", ".hidden", ".git/config", "b/.c", "b/d"]) put(name);
    expect(await listed()).toEqual(["a.txt", "b/d"]);
    expect(await listed(at(".git"))).toEqual(["config"]);
  });

  test("follows links to files, not to folders, and leaves out dead ones and pipes", async () => {
    put("real/file", "12345");
    symlinkSync(at("real/file"), at("link"));
    symlinkSync(folder, at("real/cycle"));
    symlinkSync(at("nothing"), at("dead"));
    execFileSync("mkfifo", [at("pipe")]);
    expect(await listed()).toEqual(["link", "real/file"]);
    expect((await localStorage.stat(at("link")))?.bytes).toBe(5);
  });

  test("keeps names that are not UTF-8 readable, with every byte", async () => {
    const raw = Buffer.concat([
      Buffer.from(`${folder}/`),
      Buffer.from([0x66, 0xe9, 0xff, 0x2e, 0x6a]),
      Buffer.from("é\ufffd"),
    ]);
    writeFileSync(raw, "latin");
    put("plain \ufffd");
    const found = await listed();
    expect(found).toEqual(["f\udce9\udcff.jé\ufffd", "plain \ufffd"]);
    const uri = JSON.parse(JSON.stringify(at(found[0] ?? "")));
    expect(Buffer.from(await localStorage.read(uri)).toString()).toBe("latin");
  });

  test("is empty for a folder that does not exist, and loud for one that is a file", async () => {
    expect(await listed(at("none"))).toEqual([]);
    put("file");
    expect((await errorOf(listed(at("file")))).code).toBe("INPUT_NOT_FOUND");
  });
});

test("names survive as bytes: every byte string has its own escaped form and comes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
      const onDisk = pathOnDisk(nameFromBytes(Buffer.from(bytes)));
      expect(typeof onDisk === "string" ? Buffer.from(onDisk) : onDisk).toEqual(Buffer.from(bytes));
    }),
  );
});

describe("read and stream", () => {
  test("give ranges, cut at the end", async () => {
    put("a", "0123456789");
    const text = async (range: ReadOptions["range"]) =>
      Buffer.from(await localStorage.read(at("a"), range === undefined ? {} : { range })).toString();
    expect(await text(undefined)).toBe("0123456789");
    expect(await text({ offset: 3, length: 4 })).toBe("3456");
    expect(await text({ offset: 8, length: 4 })).toBe("89");
    expect(await text({ offset: 20, length: 4 })).toBe("");
  });

  test("stream gives chunks of 128 KiB that together are the range", async () => {
    const content = Buffer.alloc(2_500_000, "abcdefg");
    put("a", content);
    const chunks = await streamed(at("a"), { range: { offset: 7, length: 2_400_000 } });
    expect(chunks.map((chunk) => chunk.length)).toEqual([...Array(18).fill(131_072), 40_704]);
    expect(Buffer.concat(chunks).equals(content.subarray(7, 2_400_007))).toBe(true);
  });

  test("name a file that changed since it was listed", async () => {
    put("a", "old");
    const version = (await localStorage.stat(at("a")))?.version ?? "";
    expect(await localStorage.read(at("a"), { version })).toEqual(Buffer.from("old"));
    appendFileSync(at("a"), "er");
    const error = await errorOf(localStorage.read(at("a"), { version }));
    expect(error.code).toBe("INPUT_CHANGED");
    expect(error.message).toContain(at("a"));
  });

  test("tell absence, folders and pipes apart", async () => {
    mkdirSync(at("folder"));
    execFileSync("mkfifo", [at("pipe")]);
    expect((await errorOf(localStorage.read(at("none")))).code).toBe("INPUT_NOT_FOUND");
    expect((await errorOf(localStorage.read(at("folder")))).code).toBe("INPUT_UNREADABLE");
    expect((await errorOf(localStorage.read(at("pipe")))).code).toBe("INPUT_UNREADABLE");
    expect(await localStorage.stat(at("none"))).toBeUndefined();
    expect(await localStorage.stat(at("folder"))).toBeUndefined();
    expect(await localStorage.isFolder(at("folder"))).toBe(true);
    expect(await localStorage.isFolder(at("none"))).toBe(false);
  });
});

describe("create", () => {
  test("publishes whole under its name, making folders", async () => {
    const writer = await localStorage.create(at("x/y/shard.tar"), "7");
    await writer.write(Buffer.from("ab"));
    await writer.write(Buffer.from("cd"));
    expect(writer.bytes).toBe(4);
    expect(readdirSync(at("x/y"))).toEqual([".shard.tar.7.tmp"]);
    expect(await writer.commit()).toBe("created");
    await writer.abort();
    expect(readdirSync(at("x/y"))).toEqual(["shard.tar"]);
    expect(readFileSync(at("x/y/shard.tar"), "utf8")).toBe("abcd");
  });

  test("leaves a taken name alone and can publish beside it", async () => {
    put("a", "first");
    const writer = await localStorage.create(at("a"), "2");
    await writer.write(Buffer.from("second"));
    expect(await writer.commit()).toBe("exists");
    expect(await writer.commitAs(at("a.2"))).toBe("created");
    expect(names()).toEqual(["a", "a.2"]);
    expect(readFileSync(at("a"), "utf8")).toBe("first");
    expect(readFileSync(at("a.2"), "utf8")).toBe("second");
  });

  test("abort leaves nothing", async () => {
    const writer = await localStorage.create(at("a"), "1");
    await writer.write(Buffer.from("x"));
    await writer.abort();
    await writer.abort();
    expect(names()).toEqual([]);
  });
});

describe("putIfAbsent", () => {
  test("lets exactly one of 16 win, whole, and leaves nothing of the others", async () => {
    const bodies = Array.from({ length: 16 }, (_, i) => Buffer.alloc(100_000, i + 1));
    const won = await Promise.all(bodies.map((body) => localStorage.putIfAbsent(at("entry"), body)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(at("entry")).equals(bodies[won.indexOf(true)] ?? Buffer.alloc(0))).toBe(true);
    expect(names()).toEqual(["entry"]);
  });

  test("writes again when somebody takes its unfinished file for an orphan, as does put", async () => {
    const bytes = Buffer.alloc(4_000_000, 1);
    for (const write of [localStorage.putIfAbsent, localStorage.put]) {
      const target = at(`entry-by-${write.name}`);
      const written = write(target, bytes);
      let isWritten = false;
      const whole = written.finally(() => {
        isWritten = true;
      });
      while (!isWritten && !names().some((name) => name.endsWith(".tmp"))) await new Promise(setImmediate);
      await localStorage.removeTemporary(folder);
      expect(await whole).not.toBe(false);
      expect(readFileSync(target).equals(bytes)).toBe(true);
    }
    expect(names().filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("lets exactly one of 16 win with no bytes too, in a folder that is made for it", async () => {
    const tries = Array.from({ length: 16 }, () => localStorage.putIfAbsent(at("deep/er/done"), new Uint8Array(0)));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    expect(await localStorage.read(at("deep/er/done"))).toHaveLength(0);
  });

  test("lets exactly one of several processes win each name", async () => {
    const program = `
      import { localStorage } from ${JSON.stringify(path.join(import.meta.dirname, "local-storage.ts"))};
      const [, , folder, me] = process.argv;
      for (let n = 0; n < 20; n++)
        if (await localStorage.putIfAbsent(folder + "/" + n, Buffer.alloc(5000, me))) console.log(n);`;
    const outputs = await Promise.all(["a", "b", "c"].map((me) => outputOf(program, [folder, me])));
    const won = outputs.flatMap((output) => output.split("\n").filter((line) => line !== ""));
    expect(won.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test("kill -9 at any moment leaves whole objects only", async () => {
    const program = `
      import { localStorage } from ${JSON.stringify(path.join(import.meta.dirname, "local-storage.ts"))};
      for (let n = 0; ; n++) {
        await localStorage.putIfAbsent(process.argv[2] + "/" + n, Buffer.alloc(300_000, "x"));
        process.stdout.write(n + "\\n");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, "-", folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let told = "";
    for await (const chunk of child.stdout) {
      told += String(chunk);
      if (told.split("\n").length > 8) child.kill("SIGKILL");
    }
    await ended;
    const confirmed = told.split("\n").filter((line) => line !== "");
    const whole = names().filter((name) => !name.startsWith("."));
    expect(whole).toEqual(expect.arrayContaining(confirmed));
    for (const name of whole) expect(readFileSync(at(name)).equals(Buffer.alloc(300_000, "x"))).toBe(true);
  });
});

test("move replaces, remove is idempotent", async () => {
  put("a", "new");
  put("b", "old");
  await localStorage.move(at("a"), at("b"));
  expect(names()).toEqual(["b"]);
  expect(readFileSync(at("b"), "utf8")).toBe("new");
  expect((await errorOf(localStorage.move(at("a"), at("b")))).code).toBe("INPUT_NOT_FOUND");
  await localStorage.remove(at("b"));
  await localStorage.remove(at("b"));
  expect(names()).toEqual([]);
});

test("system errors become codes that say whose turn it is", () => {
  const of = (code: string, access: "read" | "write") => {
    const { code: ours, isRetryable } = localError(Object.assign(new Error(code), { code }), access, "writing", "/x");
    return [ours, isRetryable];
  };
  expect(of("ENOSPC", "write")).toEqual(["STORAGE_FULL", false]);
  expect(of("EDQUOT", "write")).toEqual(["STORAGE_FULL", false]);
  expect(of("EROFS", "write")).toEqual(["OUTPUT_UNWRITABLE", false]);
  expect(of("EACCES", "write")).toEqual(["OUTPUT_UNWRITABLE", false]);
  expect(of("EACCES", "read")).toEqual(["INPUT_UNREADABLE", false]);
  expect(of("ENOENT", "read")).toEqual(["INPUT_NOT_FOUND", false]);
  expect(of("EMFILE", "read")).toEqual(["STORAGE_FAILED", true]);
  expect(of("EIO", "write")).toEqual(["STORAGE_FAILED", true]);
});

test("a file where a folder is needed is an unwritable output", async () => {
  put("a");
  expect((await errorOf(localStorage.create(at("a/b"), "1"))).code).toBe("OUTPUT_UNWRITABLE");
});

function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, "-", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.once("exit", (code) => (code === 0 ? resolve(output) : reject(new Error(`exit code ${code}`))));
  });
}
