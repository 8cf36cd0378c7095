export interface SourceImport {
  /** The module specifier. */
  readonly from: string;
  /** `type` leaves no trace when types are stripped; `{ type X }` does and counts as static. */
  readonly kind: "static" | "type" | "dynamic";
  /** 1-based. */
  readonly line: number;
}

const staticImport = /^(?:import|export)\s+(type\s+)?(?:[\w$*{][^;"'`()]*?\bfrom\s*)?["']([^"'\n]+)["']/gm;
const dynamicImport = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;

/**
 * Every import of a formatted TypeScript file, in order of kind. TypeScript 7 has no compiler API to ask;
 * the formatter puts each import statement at the start of a line, which makes a pattern enough.
 */
export function readImports(text: string): readonly SourceImport[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
  const lineAt = (index: number) => code.slice(0, index).split("\n").length;
  const found: SourceImport[] = [];
  for (const match of code.matchAll(staticImport)) {
    const [, type, from = ""] = match;
    found.push({ from, kind: type === undefined ? "static" : "type", line: lineAt(match.index) });
  }
  for (const match of code.matchAll(dynamicImport)) {
    // `import("x").Y` in a type position is a type; `await import("x")` and `() => import("x")` are code.
    const isType = /^\s*\.\s*[A-Z]/.test(code.slice(match.index + match[0].length));
    found.push({ from: match[1] ?? "", kind: isType ? "type" : "dynamic", line: lineAt(match.index) });
  }
  return found;
}
