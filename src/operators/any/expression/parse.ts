import { syntaxError } from "./syntax-error.ts";
import { type Token, tokenize } from "./tokenize.ts";

export type BinaryOperator = "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

/** `at` is the character where the node's own token stands. */
export type Node =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null; readonly at: number }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly at: number }
  /** An attribute, and what to look up inside of its value. `text` is how a message names it. */
  | {
      readonly kind: "path";
      readonly name: string;
      readonly keys: readonly (string | number)[];
      readonly text: string;
      readonly at: number;
    }
  | { readonly kind: "not"; readonly operand: Node; readonly at: number }
  | { readonly kind: "negate"; readonly operand: Node; readonly at: number }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
      readonly at: number;
    }
  | { readonly kind: "conditional"; readonly test: Node; readonly yes: Node; readonly no: Node; readonly at: number }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[]; readonly at: number };

const maxLength = 5_000;
const maxDepth = 100;

const reserved = new Set(["and", "or", "not", "in", "true", "false", "null"]);
const comparisons: { readonly [text: string]: BinaryOperator } = {
  "==": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const additions: { readonly [text: string]: BinaryOperator } = { "+": "+", "-": "-" };
const multiplications: { readonly [text: string]: BinaryOperator } = { "*": "*", "/": "/", "%": "%" };

/**
 * The syntax tree of an expression. From weakest to strongest binding: `? :`, `or ||`, `and &&`, `not`,
 * comparison and `in` (which do not chain), `+ -`, `* / %`, unary `- !`. Throws INVALID_EXPRESSION.
 */
export function parseExpression(text: string): Node {
  if (text.length > maxLength)
    throw syntaxError(text, maxLength, `expected at most ${maxLength} characters, received ${text.length}`);
  const parser = new Parser(text, tokenize(text));
  return parser.parse();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#conditional();
    if (this.#peek().kind !== "end") throw this.#unexpected("an operator or the end");
    return node;
  }

  #conditional(): Node {
    if (++this.#depth > maxDepth) throw syntaxError(this.#text, this.#peek().at, "nested too deeply");
    const test = this.#either();
    const at = this.#peek().at;
    let node = test;
    if (this.#accept("?")) {
      const yes = this.#conditional();
      this.#expect(":");
      node = { kind: "conditional", test, yes, no: this.#conditional(), at };
    }
    this.#depth--;
    return node;
  }

  #either(): Node {
    let left = this.#both();
    for (let at = this.#peek().at; this.#accept("or", "||"); at = this.#peek().at)
      left = { kind: "binary", operator: "or", left, right: this.#both(), at };
    return left;
  }

  #both(): Node {
    let left = this.#negation();
    for (let at = this.#peek().at; this.#accept("and", "&&"); at = this.#peek().at)
      left = { kind: "binary", operator: "and", left, right: this.#negation(), at };
    return left;
  }

  #negation(): Node {
    const at = this.#peek().at;
    let isNegated = false;
    let count = 0;
    for (; this.#accept("not"); count++) isNegated = !isNegated;
    const operand = this.#comparison();
    if (count === 0) return operand;
    const negated: Node = { kind: "not", operand, at };
    return isNegated ? negated : { kind: "not", operand: negated, at };
  }

  #comparison(): Node {
    const left = this.#sum();
    const token = this.#peek();
    const node = this.#compared(left, token);
    const follower = this.#peek();
    if (node !== left && follower.kind === "symbol" && Object.hasOwn(comparisons, follower.text))
      throw syntaxError(this.#text, follower.at, "comparisons do not chain; join two with `and`");
    return node;
  }

  #compared(left: Node, token: Token): Node {
    const operator = token.kind === "symbol" ? comparisons[token.text] : undefined;
    if (operator !== undefined) {
      this.#next++;
      return { kind: "binary", operator, left, right: this.#sum(), at: token.at };
    }
    if (this.#accept("in")) return { kind: "binary", operator: "in", left, right: this.#sum(), at: token.at };
    if (!this.#accept("not")) return left;
    this.#expect("in");
    const membership: Node = { kind: "binary", operator: "in", left, right: this.#sum(), at: token.at };
    return { kind: "not", operand: membership, at: token.at };
  }

  #sum(): Node {
    return this.#chain(additions, () => this.#chain(multiplications, () => this.#unary()));
  }

  #chain(operators: { readonly [text: string]: BinaryOperator }, operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const token = this.#peek();
      const operator = token.kind === "symbol" ? operators[token.text] : undefined;
      if (operator === undefined) return left;
      this.#next++;
      left = { kind: "binary", operator, left, right: operand(), at: token.at };
    }
  }

  #unary(): Node {
    const { at } = this.#peek();
    if (++this.#depth > maxDepth) throw syntaxError(this.#text, at, "nested too deeply");
    let node: Node;
    if (this.#accept("-")) node = { kind: "negate", operand: this.#unary(), at };
    else if (this.#accept("!")) node = { kind: "not", operand: this.#unary(), at };
    else node = this.#primary();
    this.#depth--;
    return node;
  }

  #primary(): Node {
    const token = this.#peek();
    if (token.kind === "number" || token.kind === "string") {
      this.#next++;
      return { kind: "literal", value: token.value, at: token.at };
    }
    if (token.kind === "name") return this.#word(token);
    if (this.#accept("(")) {
      const node = this.#conditional();
      this.#expect(")");
      return node;
    }
    if (this.#accept("[")) return { kind: "list", items: this.#sequence("]"), at: token.at };
    throw this.#unexpected("a value");
  }

  #word(token: Token): Node {
    const { at, text } = token;
    if (text === "true" || text === "false") {
      this.#next++;
      return { kind: "literal", value: text === "true", at };
    }
    if (text === "null") {
      this.#next++;
      return { kind: "literal", value: null, at };
    }
    if (reserved.has(text)) throw this.#unexpected("a value");
    this.#next++;
    if (this.#accept("(")) return { kind: "call", name: text, args: this.#sequence(")"), at };
    return this.#path(token);
  }

  #path(first: Token): Node {
    const keys: (string | number)[] = [];
    for (;;) {
      const { at } = this.#peek();
      if (this.#accept(".")) keys.push(this.#member());
      else if (this.#accept("[")) keys.push(this.#index());
      else if (keys.length > 0 && this.#accept("("))
        throw syntaxError(this.#text, at, `functions stand in front: ${keys.at(-1)}(${first.text}, ...)`);
      else break;
    }
    let name = first.text;
    if (name === "attributes") {
      const odd = keys.shift();
      if (typeof odd !== "string") throw syntaxError(this.#text, first.at, 'expected attributes["name"]');
      name = odd;
    }
    return { kind: "path", name, keys, text: pathText(name, keys), at: first.at };
  }

  #member(): string {
    const token = this.#peek();
    if (token.kind !== "name") throw this.#unexpected("a name");
    this.#next++;
    return token.text;
  }

  #index(): string | number {
    const token = this.#peek();
    const isIndex = token.kind === "number" && Number.isInteger(token.value);
    if (!isIndex && token.kind !== "string") throw this.#unexpected("a position or a name in quotes");
    this.#next++;
    this.#expect("]");
    return token.value;
  }

  #sequence(end: string): readonly Node[] {
    const items: Node[] = [];
    if (this.#accept(end)) return items;
    do items.push(this.#conditional());
    while (this.#accept(","));
    this.#expect(end);
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", at: this.#text.length, text: "" };
  }

  #accept(...texts: readonly string[]): boolean {
    const token = this.#peek();
    const isMatch = (token.kind === "symbol" || token.kind === "name") && texts.includes(token.text);
    if (isMatch) this.#next++;
    return isMatch;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(`"${text}"`);
  }

  #unexpected(expected: string): Error {
    const token = this.#peek();
    return syntaxError(
      this.#text,
      token.at,
      `expected ${expected}, found ${token.kind === "end" ? "the end" : `"${token.text}"`}`,
    );
  }
}

function pathText(name: string, keys: readonly (string | number)[]): string {
  return keys.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${key}`), name);
}
