import { expect, test } from "vitest";
import { errorRecord, PipelineError } from "./errors.ts";
import { withoutSecrets } from "./without-secrets.ts";

test.each([
  [
    "https://h/a?X-Amz-Credential=AKIA1234%2Fx&X-Amz-Signature=abc&x=1",
    "https://h/a?X-Amz-Credential=…&X-Amz-Signature=…&x=1",
  ],
  ["Credential=ASIAIOSFODNN7EXAMPLE/20260101/s3, Signature=fe5f80", "Credential=…, Signature=…"],
  ["the key AKIAIOSFODNN7EXAMPLE is unknown", "the key … is unknown"],
  ["https://user:password@host/a", "https://…@host/a"],
  ["a sentence about tokens, keys and a@b.example", "a sentence about tokens, keys and a@b.example"],
])("%s becomes %s", (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});

test("no error tells a secret, wherever in it that stands", () => {
  const secret = "https://h/a?token=hush";
  const error = new PipelineError("STORAGE_FAILED", secret, {
    details: { path: secret, more: [{ deep: secret }] },
    cause: new Error(secret),
  });
  expect(JSON.stringify(errorRecord(error))).not.toContain("hush");
  expect(error.details).toEqual({ path: "https://h/a?token=…", more: [{ deep: "https://h/a?token=…" }] });
});
