import { isJsonObject, type Json, type JsonObject } from "./json.ts";

const secretPatterns: readonly (readonly [RegExp, string])[] = [
  // Access key ids of AWS, long-lived and temporary.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, "…"],
  // What signs a request, in a query or in a header.
  [
    /\b((?:X-Amz-|X-Goog-)?(?:Signature|Credential|Security-Token)|AWSAccessKeyId|sig|access_token|token|api_?key|password|secret)=[^&\s"'<>,;]+/gi,
    "$1=…",
  ],
  // A user name and a password in an address.
  [/(\bhttps?:\/\/)[^/\s@"'<>?#]+@/gi, "$1…@"],
];

const mayHoldSecret = /AKIA|ASIA|=|@/;

/** A text as messages and logs may hold it: without keys, tokens, passwords and signatures. */
export function withoutSecrets(text: string): string {
  if (!mayHoldSecret.test(text)) return text;
  return secretPatterns.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}

/** The same object with every text in it as `withoutSecrets` gives it. */
export function objectWithoutSecrets(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, valueWithoutSecrets(value)]));
}

function valueWithoutSecrets(value: Json): Json {
  if (typeof value === "string") return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(valueWithoutSecrets);
  return isJsonObject(value) ? objectWithoutSecrets(value) : value;
}
