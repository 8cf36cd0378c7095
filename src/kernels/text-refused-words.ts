import { flagsOfCodePoint, flagsOfUnit, isWordCharacter } from "./text-characters.ts";

/** Finds words and phrases of a list in text, in time that grows with the text and not with the list. */
export interface RefusedWords {
  /** How often any of them occurs, and the first, as the list has it. */
  find(text: string): { readonly count: number; readonly first: string };
}

/**
 * Words are compared in lower case. With `whole` they count only where no letter, digit, mark or
 * underscore touches them, as C4BadWordsFilter of datatrove 0.10.1 has it; without, anywhere
 * (for scripts that put no space between words). Of words that begin at one place the longest counts.
 */
export function refusedWords(list: readonly string[], match: "whole" | "anywhere"): RefusedWords {
  const byStart = new Map<string, string[]>();
  for (const word of new Set(list.map((entry) => entry.toLowerCase()))) {
    const start = word.slice(0, startLength);
    byStart.set(start, [...(byStart.get(start) ?? []), word]);
  }
  for (const words of byStart.values()) words.sort((a, b) => b.length - a.length);
  const starts = new Set([...byStart.keys()].map((start) => start.charCodeAt(0)));
  const isWhole = match === "whole";

  const wordAt = (text: string, at: number): string | undefined => {
    for (let length = startLength; length > 0; length--) {
      const words = byStart.get(text.slice(at, at + length));
      const found = words?.find(
        (word) => text.startsWith(word, at) && (!isWhole || !touchesAfter(text, at + word.length)),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    find(text) {
      const lowered = text.toLowerCase();
      let count = 0;
      let first = "";
      for (let at = 0; at < lowered.length; at++) {
        if (!starts.has(lowered.charCodeAt(at)) || (isWhole && touchesBefore(lowered, at))) continue;
        const found = wordAt(lowered, at);
        if (found === undefined) continue;
        if (count++ === 0) first = found;
        at += found.length - 1;
      }
      return { count, first };
    },
  };
}

/** Words are looked up by their first characters; shorter words by all of them. */
const startLength = 3;

function touchesBefore(text: string, at: number): boolean {
  if (at === 0) return false;
  const isLow = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00;
  return isWordCodePoint(text.codePointAt(isLow && at >= 2 ? at - 2 : at - 1));
}

function touchesAfter(text: string, at: number): boolean {
  return at < text.length && isWordCodePoint(text.codePointAt(at));
}

function isWordCodePoint(codePoint: number | undefined): boolean {
  if (codePoint === undefined) return false;
  const flags = codePoint > 0xffff ? flagsOfCodePoint(codePoint) : flagsOfUnit(codePoint);
  return (flags & isWordCharacter) !== 0;
}
