import { expect, test } from "vitest";
import { opened, sampleOf, textSample, textsOf, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { bytesContent, lazyContent } from "../../model/content.ts";
import type { Sample } from "../../model/sample.ts";
import { checkOperator } from "../../testing.ts";
import { extractHtml } from "./extract-html.ts";

const paragraph = "The river runs past the old town, and people walk there in the evening, when it is warm. ";
const page = `<!doctype html><html><head><title>Rivers</title><script>var x = "<div>";</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<article><h1>On rivers</h1><p>${paragraph.repeat(4)}</p><p>Second <b>bold</b>ly&nbsp;put, and &amp; so.<br>New line.</p>
<ul><li>one</li><li><p>two</p></li></ul><pre>  a\n    b</pre>
<table><tr><th>k</th><td>v</td></tr></table><p>${paragraph.repeat(3)}</p></article>
<footer>Imprint</footer></body></html>`;

function htmlSample(html: string): Sample {
  return { id: "p", parts: [{ kind: "text", name: "html", mediaType: "text/html", text: html }], attributes: {} };
}

function bytesSample(bytes: Uint8Array): Sample {
  const content = bytesContent(bytes);
  return { id: "b", parts: [{ kind: "document", name: "html", mediaType: "text/html", content }], attributes: {} };
}

test("keeps the promises of an operator", async () => {
  const samples = [
    htmlSample(page),
    { ...htmlSample(""), id: "empty" },
    { ...htmlSample("<div>".repeat(5000)), id: "deep" },
    bytesSample(new TextEncoder().encode(page)),
    textSample("no page"),
  ];
  const report = await checkOperator(extractHtml, { samples });
  expect(report).toMatchObject({ kept: 3, dropped: { no_text: 1 }, failed: { SAMPLE_TOO_LARGE: 1 } });
});

test("the article comes out as text with its structure, the title as attribute", async () => {
  const outcome = await (await opened(extractHtml, {}))(htmlSample(page));
  const [text = ""] = textsOf(outcome);
  expect(sampleOf(outcome).attributes).toEqual({ title: "Rivers" });
  expect(sampleOf(outcome).parts.map(({ name }) => name)).toEqual(["text"]);
  expect(text).toContain(
    "Second boldly\u00a0put, and & so.\nNew line.\n\n- one\n- two\n\n  a\n    b\n\nk\tv\n\nThe river",
  );
  expect(text).not.toMatch(/Home|Imprint|var x/);
});

test("scope body takes all that is visible, of fragments too", async () => {
  const apply = await opened(extractHtml, { scope: "body" });
  expect(textsOf(await apply(htmlSample(page)))[0]).toMatch(/^Home About\n[^]*Imprint$/);
  expect(textsOf(await apply(htmlSample("just <i>text</i><style>p{}</style>")))).toEqual(["just text"]);
  expect(verdictOf(await apply(htmlSample("<script>1</script>")))).toBe("no_text");
});

test("bytes are decoded by mark, declaration, or as UTF-8", async () => {
  const apply = await opened(extractHtml, { scope: "body" });
  const decoded = async (bytes: Uint8Array) => textsOf(await apply(bytesSample(bytes)))[0];
  const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  expect(await decoded(new TextEncoder().encode("\ufeff<p>é"))).toBe("é");
  expect(await decoded(latin('<meta charset="iso-8859-1"><p>\u00e9'))).toBe("é");
  expect(await decoded(latin('<meta charset="no-such"><p>\u00e9.'))).toBe("\ufffd.");
  expect(await decoded(Uint8Array.from([0xff, 0xfe, ...Buffer.from("<p>é日", "utf16le")]))).toBe("é日");
});

test("content that is not in memory is awaited", async () => {
  const content = lazyContent(async () => new TextEncoder().encode("<p>late"));
  const sample: Sample = {
    id: "l",
    parts: [{ kind: "bytes", name: "page", mediaType: "text/html; charset=utf-8", content }],
    attributes: {},
  };
  expect(textsOf(await (await opened(extractHtml, { scope: "body" }))(sample))).toEqual(["late"]);
});

test("names do not clash, other parts stay, keepHtml keeps the page", async () => {
  const sample: Sample = {
    id: "s",
    parts: [...textSample("caption").parts, ...htmlSample("<p>page").parts],
    attributes: { title: "old" },
  };
  const outcome = await (await opened(extractHtml, { scope: "body", keepHtml: true }))(sample);
  expect(sampleOf(outcome).parts.map(({ name }) => name)).toEqual(["text", "html", "text-2"]);
  const renamed = await (await opened(extractHtml, { scope: "body", name: "html" }))(sample);
  expect(sampleOf(renamed).parts.map(({ name }) => name)).toEqual(["text", "html"]);
  expect(textsOf(renamed)).toEqual(["caption", "page"]);
});

test.each([
  ["<div>".repeat(300_000), true],
  ["<div></b>".repeat(300), true],
  ["<p><td>".repeat(300), true],
  ["<b></i></i>".repeat(300), true],
  ["<li>".repeat(300), false],
  ["<tr><td>x".repeat(300), false],
  ["<p>x<br><img src='>'>".repeat(300), false],
  [`<script>${"<div>".repeat(300)}</script>`, false],
  [`<!-- ${"<div>".repeat(300)} -->x`, false],
  ["<div><p>a</div>".repeat(300), false],
])("page %# is refused for its depth: %s", async (html, isRefused) => {
  const apply = await opened(extractHtml, { scope: "body", minCharacters: 0 });
  const outcome = apply(htmlSample(html.slice(0, 2_000_000)));
  if (isRefused) await expect(outcome).rejects.toMatchObject({ code: "SAMPLE_TOO_LARGE" });
  else expect(verdictOf(await outcome)).toBe("kept");
});

test("a page of a million brackets takes linear time, a large one is refused", async () => {
  const apply = await opened(extractHtml, { scope: "body", maxHtmlBytes: 1_000_000, minCharacters: 0 });
  expect(verdictOf(await apply(htmlSample("<".repeat(1_000_000))))).toBe("kept");
  await expect(apply(htmlSample("é".repeat(500_001)))).rejects.toMatchObject({ code: "SAMPLE_TOO_LARGE" });
});
