const longestOutput = 500;
/** Shorter values would blacken ordinary words. */
const shortestSecret = 8;
const secretName = /secret|token|password|passwd|credential|api_?key|access_?key/i;

/**
 * A message as `/health` may show it to anybody: without passwords and queries in URIs, which hold signatures,
 * and without the values of environment variables whose names say that they are secret. One line, of bounded length.
 */
export function plainOutput(message: string, environment: { readonly [name: string]: string | undefined }): string {
  let text = message
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@"']+@/gi, "$1")
    .replace(/(:\/\/[^\s?"']+)\?[^\s"']+/g, "$1?…");
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value.length >= shortestSecret && secretName.test(name))
      text = text.replaceAll(value, "…");
  }
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= longestOutput ? line : `${line.slice(0, longestOutput - 1)}…`;
}
