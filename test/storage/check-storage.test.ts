import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serverCredentials } from "../../scripts/s3-server.ts";
import { storedLedger } from "../../src/ledger/ledger-store.ts";
import { localStorage } from "../../src/storage/local-storage.ts";
import { s3Settings } from "../../src/storage/s3/s3-settings.ts";
import { createS3Storage } from "../../src/storage/s3/s3-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { checkStorageContract } from "../../src/testing/check-storage.ts";
import { checkLedgerStore, checkStorage } from "../../src/testing.ts";
import {
  missingMoto,
  missingVersitygw,
  startMoto,
  startVersitygw,
  type TestServer,
  testBucket,
} from "../fixtures/s3-servers.ts";

const servers = [
  { name: "versitygw", missing: missingVersitygw, start: startVersitygw },
  { name: "moto", missing: missingMoto, start: startMoto },
];

test("a local folder keeps the contract of a storage", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "check-storage-"));
  try {
    await checkStorage(folder);
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a storage that lets two writers win is named", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "check-storage-"));
  const liar: Storage = {
    ...localStorage,
    stat: async (uri) => ((await localStorage.stat(uri)) === undefined ? undefined : { uri, bytes: 3, version: "1" }),
  };
  await expect(checkStorageContract(liar, folder)).rejects.toMatchObject({
    message: expect.stringContaining("stat tells the size. Received 3, expected 10."),
  });
  rmSync(folder, { recursive: true });
});

const given = process.env.PIPELINE_TEST_S3_URI;
test.skipIf(given === undefined)(
  "the storage that PIPELINE_TEST_S3_URI names keeps the contract",
  { timeout: 600_000 },
  async () => {
    await checkStorage(given ?? "");
  },
);

test.skipIf(process.env.PIPELINE_TEST_NEEDS_S3 !== "1")("the S3 servers are there where they must be", () => {
  expect([missingVersitygw, missingMoto]).toEqual([undefined, undefined]);
});

describe.each(servers)("$name", ({ missing, start }) => {
  let server: TestServer | undefined;
  let storage = localStorage;
  beforeAll(async () => {
    if (missing !== undefined) return;
    Object.assign(process.env, serverCredentials);
    server = await start();
    storage = createS3Storage(s3Settings(server.environment));
  });
  afterAll(() => server?.stop());

  test.skipIf(missing !== undefined)(
    `keeps the contract of a storage${missing === undefined ? "" : ` (${missing})`}`,
    { timeout: 120_000 },
    async () => {
      await checkStorageContract(storage, `s3://${testBucket}/some/prefix`);
      await checkStorageContract(storage, `s3://${testBucket}`);
    },
  );

  test.skipIf(missing !== undefined)("holds a ledger", { timeout: 60_000 }, async () => {
    const folder = `s3://${testBucket}/out/.checkpoints`;
    await checkLedgerStore("s3", async () => storedLedger(storage, folder));
  });
});
