import { expect, test } from "vitest";
import { PipelineError } from "../model/errors.ts";
import { lazyStorage } from "./lazy-storage.ts";

test("connecting never rejects: the first request tells what is wrong", async () => {
  const wrong = new PipelineError("INVALID_OPTION", "the environment variable AWS_ENDPOINT_URL is wrong");
  const storage = lazyStorage(false, () => Promise.reject(wrong));
  await expect(storage.connect?.("s3://bucket/key")).resolves.toBeUndefined();
  await expect(storage.read("s3://bucket/key")).rejects.toBe(wrong);
});
