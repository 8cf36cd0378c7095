/** What is needed of a DOM node; linkedom's nodes have it. */
export interface HtmlNode {
  readonly nodeType: number;
  /** Upper case for elements of HTML. */
  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly firstChild: HtmlNode | null;
  readonly nextSibling: HtmlNode | null;
}

const textNode = 3;

const hidden = new Set(
  "SCRIPT STYLE NOSCRIPT TEMPLATE HEAD IFRAME OBJECT SVG MATH CANVAS AUDIO VIDEO SELECT TEXTAREA BUTTON".split(" "),
);
const blocks = new Set(
  "ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION CENTER DD DETAILS DIALOG DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HGROUP HR LI MAIN MENU NAV OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR UL".split(
    " ",
  ),
);
/** Blocks that an empty line sets apart. */
const paragraphs = new Set("ARTICLE BLOCKQUOTE DL FIGURE H1 H2 H3 H4 H5 H6 OL P PRE SECTION TABLE UL".split(" "));

/**
 * Text as a reader sees it: one line a block, an empty line around paragraphs, headings, lists and tables,
 * `- ` before list items, a tab between cells, white space collapsed except in `pre`.
 */
export function textOfHtml(root: HtmlNode): string {
  const writer = new LineWriter();
  visit(root, writer, false);
  return writer.text();
}

/** Recursion is safe: the depth of the page was limited before it was parsed. */
function visit(node: HtmlNode, writer: LineWriter, isPreformatted: boolean): void {
  if (node.nodeType === textNode) {
    writer.write(node.nodeValue ?? "", isPreformatted);
    return;
  }
  const name = node.nodeName.toUpperCase();
  if (hidden.has(name)) return;
  if (name === "BR") {
    writer.endLine();
    return;
  }
  const isBlock = blocks.has(name);
  if (isBlock) writer.beginBlock(paragraphs.has(name));
  if (name === "LI") writer.write("- ", true);
  if (name === "TD" || name === "TH") writer.beginCell();
  const isPre = isPreformatted || name === "PRE";
  for (let child = node.firstChild; child !== null; child = child.nextSibling) visit(child, writer, isPre);
  if (isBlock) writer.beginBlock(paragraphs.has(name));
}

class LineWriter {
  private readonly lines: string[] = [];
  private line = "";
  private needsSpace = false;

  write(text: string, isPreformatted: boolean): void {
    if (isPreformatted) {
      const [first = "", ...rest] = text.split(/\r\n|\r|\n/);
      this.append(first);
      for (const line of rest) {
        this.endLine();
        this.append(line);
      }
      return;
    }
    const words = text.split(/[ \t\n\f\r]+/);
    words.forEach((word, index) => {
      if (index > 0) this.needsSpace = true;
      if (word !== "") this.append(word);
    });
  }

  private append(text: string): void {
    if (text === "") return;
    if (this.needsSpace && this.line !== "" && !/[ \t]$/.test(this.line.slice(-1))) this.line += " ";
    this.needsSpace = false;
    this.line += text;
  }

  endLine(): void {
    this.lines.push(this.line.trimEnd());
    this.line = "";
    this.needsSpace = false;
  }

  beginCell(): void {
    if (this.line !== "") this.line = `${this.line.trimEnd()}\t`;
    this.needsSpace = false;
  }

  beginBlock(isParagraph: boolean): void {
    // A list item's marker alone is no line yet: its paragraph goes on behind it.
    if (this.line.trim() === "-") return;
    if (this.line !== "") this.endLine();
    if (isParagraph && this.lines.length > 0 && this.lines.at(-1) !== "") this.lines.push("");
  }

  text(): string {
    this.endLine();
    return this.lines
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  }
}
