import fc from "fast-check";
import { expect, test } from "vitest";
import { errorRecord, PipelineError } from "./errors.ts";
import { createRedactor, isSecretName, secretsOf } from "./redact-secrets.ts";

const { text, json } = createRedactor();

test.each([
  ["s3://AKIAABCDEFGHIJKLMNOP:wJalrXUtn/K7MDENG+bPx@bucket/key", "s3://[redacted]@bucket/key"],
  ["GET https://user:hunter2@host:8080/path failed", "GET https://[redacted]@host:8080/path failed"],
  ["https://ghx@host/a@b", "https://[redacted]@host/a@b"],
  ["postgres://u:p%40ss@db/x", "postgres://[redacted]@db/x"],
  [
    "https://b.s3.amazonaws.com/k?X-Amz-Credential=ABC%2F20260101&X-Amz-Date=2026&X-Amz-Signature=deadbeef",
    "https://b.s3.amazonaws.com/k?X-Amz-Credential=[redacted]&X-Amz-Date=2026&X-Amz-Signature=[redacted]",
  ],
  ["https://a.blob.core.windows.net/c?sv=2024&sig=aB%3D", "https://a.blob.core.windows.net/c?sv=2024&sig=[redacted]"],
  ["https://host/?access_token=abc&page=2", "https://host/?access_token=[redacted]&page=2"],
  ["Authorization: Bearer abc123.def", "Authorization: [redacted]"],
  ["> Cookie: session=abc; theme=dark\n> Host: h", "> Cookie: [redacted]\n> Host: h"],
  ["sent Bearer abc123.def to the server", "sent Bearer [redacted] to the server"],
  ["AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG pipeline run", "AWS_SECRET_ACCESS_KEY=[redacted] pipeline run"],
  ['{"secretAccessKey":"wJalr XUtn","region":"eu"}', '{"secretAccessKey":"[redacted]","region":"eu"}'],
  ['{\\"sessionToken\\":\\"abc\\",\\"n\\":1}', '{\\"sessionToken\\":\\"[redacted]\\",\\"n\\":1}'],
  ["password: hunter2", "password: [redacted]"],
  ["the key AKIAABCDEFGHIJKLMNOP is unknown", "the key [redacted] is unknown"],
  ["hf_abcdefghijklmnopqrstuvwx", "[redacted]"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "[redacted] end"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[redacted]"],
])("%s loses its secrets and nothing else", (given, expected) => {
  expect(text(given)).toBe(expected);
});

test.each([
  "unexpected token: } at line 3",
  "403 InvalidAccessKeyId: The key that you gave does not exist",
  "https://registry.example:4873/@scope/name",
  "Basic authentication is needed",
  "expected 300 tokens, received 12; tokens: 12",
  "s3://bucket/a/b.tar",
  "a@b.example wrote",
  "step 2-count-tokens: OPERATOR_FAILED: x=1, y: 2",
  "/data/photos/IMG_0001.jpg",
])("%s holds no secret and stays", (given) => {
  expect(text(given)).toBe(given);
});

test("names of secrets are known in every spelling, and names that only sound like them are not", () => {
  for (const name of ["password", "DB_PASSWORD", "secretAccessKey", "x-api-key", "AWS_SESSION_TOKEN", "Set-Cookie"])
    expect(isSecretName(name)).toBe(true);
  for (const name of ["2-count-tokens", "AWS_WEB_IDENTITY_TOKEN_FILE", "key", "signatures", "passed"])
    expect(isSecretName(name)).toBe(false);
});

test("texts below a secret's name go whole, however deep; counts and empty texts stay", () => {
  expect(json({ credentials: { id: "a", key: ["b", ""] }, token: 3, at: "s3://u:p@b" })).toEqual({
    credentials: { id: "[redacted]", key: ["[redacted]", ""] },
    token: 3,
    at: "s3://[redacted]@b",
  });
});

test("values of secret variables are taken out wherever they stand, percent-encoded too", () => {
  const redactor = createRedactor(
    secretsOf({ AWS_SECRET_ACCESS_KEY: "a/b+c/d+e/f", API_TOKEN: "short", HOME: "/home/me1" }),
  );
  expect(redactor.text("got a/b+c/d+e/f and a%2Fb%2Bc%2Fd%2Be%2Ff, short, /home/me1")).toBe(
    "got [redacted] and [redacted], short, /home/me1",
  );
});

test("what is redacted stays as it is when it is redacted again", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."aK1:/@=&?\"' \\.-_", "token", "://", "password") }), (given) => {
      const once = text(given);
      expect(text(once)).toBe(once);
    }),
  );
});

test("long text without a secret takes time in proportion to its length", () => {
  for (const given of ["a".repeat(2e5), "://".repeat(5e4), "a=".repeat(1e5), "a:b@".repeat(5e4), "eyJ".repeat(5e4)])
    expect(text(given).length).toBeGreaterThan(0);
});

test("no error tells a secret, wherever in it that stands", () => {
  const secret = "https://user:hush@h/a?token=hush&X-Amz-Signature=hush";
  const error = new PipelineError("STORAGE_FAILED", secret, {
    details: { path: secret, more: [{ deep: secret }] },
    cause: new Error(secret),
  });
  expect(JSON.stringify([errorRecord(error), error.message, error.details])).not.toContain("hush");
});
