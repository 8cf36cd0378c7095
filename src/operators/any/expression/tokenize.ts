import { syntaxError } from "./syntax-error.ts";

export type Token =
  | { readonly kind: "number"; readonly value: number; readonly at: number; readonly text: string }
  | { readonly kind: "string"; readonly value: string; readonly at: number; readonly text: string }
  | { readonly kind: "name"; readonly at: number; readonly text: string }
  | { readonly kind: "symbol"; readonly at: number; readonly text: string }
  | { readonly kind: "end"; readonly at: number; readonly text: "" };

const symbols = ["==", "!=", "<=", ">=", "&&", "||", ..."< > + - * / % ! ( ) [ ] , . ? :".split(" ")];
const escapes: { readonly [letter: string]: string } = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"' };

const space = /\s+/y;
const name = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const number = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;

/** The tokens of an expression, ended by one of kind `end`. Throws INVALID_EXPRESSION. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += take(space)?.length ?? 0;
    if (at >= text.length) return [...tokens, { kind: "end", at, text: "" }];
    const token = nextToken(text, at, take);
    tokens.push(token);
    at += token.text.length;
  }
}

function nextToken(text: string, at: number, take: (pattern: RegExp) => string | undefined): Token {
  const word = take(name);
  if (word !== undefined) return { kind: "name", at, text: word };
  const digits = take(number);
  if (digits !== undefined) {
    const follower = text.charAt(at + digits.length);
    if (/[\p{L}\p{N}_$]/u.test(follower)) throw syntaxError(text, at + digits.length, "a number ends in a letter");
    return { kind: "number", value: Number(digits), at, text: digits };
  }
  const first = text.charAt(at);
  if (first === "'" || first === '"') return stringToken(text, at, first);
  const symbol = symbols.find((candidate) => text.startsWith(candidate, at));
  if (symbol !== undefined) return { kind: "symbol", at, text: symbol };
  if (first === "=") throw syntaxError(text, at, 'use "==" to compare');
  if (first === "&" || first === "|") throw syntaxError(text, at, `use "${first}${first}"`);
  throw syntaxError(text, at, `unexpected character "${String.fromCodePoint(text.codePointAt(at) ?? 0)}"`);
}

function stringToken(text: string, at: number, quote: string): Token {
  let value = "";
  for (let i = at + 1; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === quote) return { kind: "string", value, at, text: text.slice(at, i + 1) };
    if (character !== "\\") {
      value += character;
      continue;
    }
    i++;
    const unicode = /^u([0-9a-fA-F]{4})/.exec(text.slice(i, i + 5))?.[1];
    const escaped = escapes[text.charAt(i)];
    if (unicode !== undefined) {
      value += String.fromCharCode(Number.parseInt(unicode, 16));
      i += 4;
    } else if (escaped !== undefined) value += escaped;
    else throw syntaxError(text, i - 1, "unknown escape; known are \\n \\t \\r \\\\ \\' \\\" and \\uXXXX");
  }
  throw syntaxError(text, at, "a string that never ends");
}
