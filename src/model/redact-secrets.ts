import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** Takes secrets out of what is shown to people or stored. Pure; applying it twice changes nothing more. */
export interface Redactor {
  /** The text with every secret in it replaced by `[redacted]`. */
  text(text: string): string;
  /** The value with its texts redacted, and texts under a name that is a secret's replaced whole. */
  json(value: Json): Json;
  /** `json` of an object, which is one again. */
  object(value: JsonObject): JsonObject;
}

const hidden = "[redacted]";

/** Ends of names, without case and separators, whose values are secrets. */
const secretEndings: readonly string[] = [
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "secret",
  "token",
  "apikey",
  "accesskey",
  "accesskeyid",
  "secretkey",
  "accountkey",
  "privatekey",
  "signingkey",
  "encryptionkey",
  "credential",
  "credentials",
  "authorization",
  "cookie",
  "signature",
  "connectionstring",
];

/** Too common in sentences (`unexpected token: }`) to count before a colon; the last is a code of S3's. */
const commonWords: ReadonlySet<string> = new Set([
  "token",
  "secret",
  "signature",
  "credential",
  "credentials",
  "invalidaccesskeyid",
]);

/** `PWD` and `OLDPWD` of every shell. */
const workingFolders: ReadonlySet<string> = new Set(["pwd", "oldpwd"]);

/** Names that hold secrets in addresses only. */
const addressNames: ReadonlySet<string> = new Set(["sig", "key"]);

/** Whether a value of this name is a secret: `secretAccessKey`, `AWS_SESSION_TOKEN`, `X-Amz-Signature`. */
export function isSecretName(name: string): boolean {
  const plain = plainName(name);
  return !workingFolders.has(plain) && secretEndings.some((ending) => plain.endsWith(ending));
}

function plainName(name: string): string {
  return name.replaceAll(/[-_. ]/g, "").toLowerCase();
}

/** Texts that are secrets by their shape. */
const shapes: readonly RegExp[] = [
  // Access keys of AWS.
  /\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}\b/g,
  // JSON web tokens.
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
  // Tokens of Hugging Face, GitHub, GitLab, Slack, Google and others say what they are.
  /\b(?:hf_|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-|AIza)[\w-]{16,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** After `Bearer` and the like: anything with a digit, or that is too long for a word. */
const bearers = /\b(Bearer|Basic|Token|AWS4-HMAC-SHA256)(\s+)(?=\S*\d|\S{20})[^\s"',;]+/gi;

/** `user:password@` and `token@` in addresses; a password may hold a slash, a port does not begin one. */
const userinfos = /(?<=:\/\/)(?:[^\s/?#@"'<>]+|[^\s/:@"'<>]+:(?!\d+(?:\/|$))[^\s@"'<>]+)@/g;

/** The head of `name=value`, `name: value` and `"name":"value"`, escaped in JSON or not. */
const heads = /(?<![\w.-])([A-Za-z][\w.-]{0,80})(\\?["']?\s{0,3}[=:]\s{0,3})/g;
const quotedOrWord = /\[redacted\]|\\?"(?:[^"\\]|\\[^"])*|'[^']*|[^\s"'&,;)}\]]+/y;
const restOfLine = /[^\r\n"']+/y;

/** A redactor that also takes out these texts wherever they stand, percent-encoded too; short ones are left alone. */
export function createRedactor(secrets: readonly string[] = []): Redactor {
  const known = [...new Set(secrets.filter((secret) => secret.length >= 8).flatMap(spellings))];
  // The longest first: one may be the beginning of another.
  known.sort((one, other) => other.length - one.length);
  const text = (given: string) => {
    let left = given;
    for (const secret of known) left = left.replaceAll(secret, hidden);
    for (const shape of shapes) left = left.replaceAll(shape, hidden);
    return withoutNamedValues(
      left
        .replaceAll(userinfos, `${hidden}@`)
        .replaceAll(bearers, (_, scheme: string, blank: string) => `${scheme}${blank}${hidden}`),
    );
  };
  const json = (value: Json, isSecret = false): Json => {
    if (typeof value === "string") return isSecret && value !== "" ? hidden : text(value);
    if (Array.isArray(value)) return value.map((one) => json(one, isSecret));
    return isJsonObject(value) ? object(value, isSecret) : value;
  };
  const object = (value: JsonObject, isSecret = false): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([name, one]) => [text(name), json(one, isSecret || isSecretName(name))]),
    );
  return { text, json: (value) => json(value), object: (value) => object(value) };
}

/** Takes out what shows by its name or its shape that it is secret; knows no other secret. */
export const plainRedactor: Redactor = createRedactor();

/** Values of variables whose names are secrets', for `createRedactor`. */
export function secretsOf(environment: { readonly [name: string]: string | undefined }): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value.trim()] : [],
  );
}

function spellings(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

function withoutNamedValues(text: string): string {
  let kept = "";
  let from = 0;
  for (const { 0: head, 1: name = "", 2: separator = "", index } of text.matchAll(heads)) {
    if (index < from || !isNamedSecret(name, separator)) continue;
    const value = /authorization$|cookie$/i.test(name) ? restOfLine : quotedOrWord;
    value.lastIndex = index + head.length;
    const found = value.exec(text)?.[0];
    if (found === undefined) continue;
    const quote = /^\\?["']/.exec(found)?.[0] ?? "";
    kept += text.slice(from, index + head.length) + quote + hidden;
    from = index + head.length + found.length;
  }
  return kept + text.slice(from);
}

function isNamedSecret(name: string, separator: string): boolean {
  const plain = plainName(name);
  if (separator.includes("=")) return isSecretName(name) || addressNames.has(plain);
  return isSecretName(name) && (/["']/.test(separator) || !commonWords.has(plain));
}
