const secretPatterns: readonly (readonly [RegExp, string])[] = [
  // Access key ids, long-lived and temporary.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, "…"],
  [/\b(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"'<>]+/gi, "$1…"],
  [/\b((?:Signature|Credential|AWSAccessKeyId|sig|token)=)[^&\s"'<>,]+/gi, "$1…"],
  [/(\bhttps?:\/\/)[^/\s@"']+@/gi, "$1…@"],
];

/** A text of a foreign library or server as messages and logs may hold it: without keys, tokens and signatures. */
export function withoutSecrets(text: string): string {
  return secretPatterns.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
