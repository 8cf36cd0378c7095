import { PipelineError } from "../../../model/errors.ts";

/** INVALID_EXPRESSION that shows the line of `text` with a caret under character `position`. */
export function syntaxError(text: string, position: number, problem: string): PipelineError {
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  const nextBreak = text.indexOf("\n", position);
  const line = text.slice(lineStart, nextBreak === -1 ? text.length : nextBreak);
  // Long lines are cut so that the caret stays in sight on a terminal.
  const from = Math.max(0, position - lineStart - 60);
  const shown = line.slice(from, from + 100).replaceAll("\t", " ");
  const caret = " ".repeat(position - lineStart - from);
  return new PipelineError("INVALID_EXPRESSION", `${problem} (character ${position + 1})\n  ${shown}\n  ${caret}^`, {
    details: { expression: text, position },
  });
}
