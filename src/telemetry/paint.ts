import { stripVTControlCharacters, styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colours text, or leaves it alone where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

export const plainPaint: Paint = (_style, text) => text;

/** Colours when the stream is a terminal that shows them; respects NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => (text === "" ? "" : styleText(style, text, { stream }));
}

/**
 * Text from data, safe to print: control characters (which could move the cursor or hide output)
 * become `?`, and what is longer than `width` loses its middle, so that both ends can be read.
 */
export function fitText(text: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the terminal
  const clean = stripVTControlCharacters(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    "?",
  );
  const characters = [...clean];
  if (characters.length <= width) return clean;
  if (width <= 1) return "…".slice(0, Math.max(0, width));
  const head = Math.floor((width - 1) / 3);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (width - 1 - head)).join("")}`;
}
