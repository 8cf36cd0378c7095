/**
 * Small documents that together meet every rule of the filters on both sides of its threshold: written ones
 * for the odd cases, generated ones (seeded, so always the same) for the thresholds.
 */
export function goldenDocuments(): readonly string[] {
  const random = mulberry32(20240917);
  const generated: string[] = [];
  for (let i = 0; i < 420; i++) generated.push(generatedDocument(random, i));
  return [...writtenDocuments(), ...generated];
}

type Random = () => number;

const words = (
  "the be to of and that have with data model train sample river mountain window paper light careful quiet number " +
  "result measure because under over between people country language science method figure table system machine " +
  "learning question answer morning evening important different general national possible early young old great"
).split(" ");
const odd = [
  "12",
  "3.14",
  "--",
  "#",
  "#tag",
  "...",
  "…",
  "«",
  "naïve",
  "Straße",
  "日本語",
  "данные",
  "𝒳𝒴",
  "x",
  "a_b",
  "==",
];
const ends = [".", ".", ".", "?", "!", '"', "'", "...", "…", "", ",", ";", "。", "؟", " ", ".)"];

function pick<T>(random: Random, list: readonly T[], standard: T): T {
  return list[Math.floor(random() * list.length)] ?? standard;
}

function sentence(random: Random, length: number, oddness: number): string {
  const chosen: string[] = [];
  for (let i = 0; i < length; i++) chosen.push(pick(random, random() < oddness ? odd : words, "the"));
  return chosen.join(random() < 0.03 ? "\t" : " ");
}

/** Every knob is drawn anew for each document, so that each threshold is approached from both sides. */
function generatedDocument(random: Random, index: number): string {
  const oddness = random() < 0.5 ? 0 : random() * 0.5;
  const repetition = random() < 0.4 ? 0 : random() * 0.6;
  const bullets = index % 9 === 0 ? 0.8 + random() * 0.2 : 0;
  const unpunctuated = index % 5 === 0 ? random() : 0.1;
  const lineCount = 1 + Math.floor(random() * 24);
  const lineWords = 2 + Math.floor(random() * 18);
  const lines: string[] = [];
  for (let i = 0; i < lineCount; i++) {
    if (lines.length > 0 && random() < repetition) {
      lines.push(pick(random, lines, ""));
      continue;
    }
    const end = random() < unpunctuated ? "" : pick(random, ends, ".");
    const marker = random() < bullets ? pick(random, ["- ", "• ", "  - "], "- ") : "";
    lines.push(marker + sentence(random, 1 + Math.floor(random() * lineWords * 2), oddness) + end);
  }
  if (index % 7 === 0) lines.push(pick(random, phrases, ""));
  return lines.join(pick(random, ["\n", "\n", "\n\n", "\n\n\n", "\r\n"], "\n"));
}

const phrases = [
  "This page needs JavaScript to work.",
  "We have a Cookie Policy that you may read.",
  "Lorem ipsum dolor sit amet.",
  "function f() { return 1; }.",
  "As was shown [12] and again [citation needed].",
  "Write to jane.doe@example.co.uk or to 8.8.8.8 and 10.0.0.1.",
  "Read the terms of use now.",
  "It is javasc[1]ript that we use here.",
];

function writtenDocuments(): readonly string[] {
  const prose = "The river and the mountain have to be with that of the people. ";
  const stops = 'It was Mr. A. B. Smith. He has 3.14 apples! Has he? Yes. "No." he said.';
  return [
    "",
    " ",
    "\n",
    "\n\n\n",
    "\u00a0\u3000\t",
    "\u0000",
    "a\u0000b\u0000\n",
    "one",
    "one\n",
    "\none",
    "\n\none\n\n",
    "same\n\nsame\n\nsame",
    "  same\n\nsame\n\nsame  ",
    " \n \n \nx",
    "a\u0085b\u2028c\u2029d\u000be\u000cf\u001cg\u001dh\u001ei\u001fj\r\nk\rl",
    "\ufeffthe byte order mark is no white space here\n".repeat(8),
    prose.repeat(12),
    `${prose}\n`.repeat(12),
    Array.from({ length: 12 }, (_, i) => `${prose}${i} ${stops}`).join("\n"),
    Array.from({ length: 60 }, (_, i) => `word${i}`).join(" "),
    "ab c ".repeat(40) + "a bc ".repeat(40),
    "𝒳𝒴𝒵 ".repeat(60),
    "the be ".repeat(30) + "𐐀. 𐐀 x. ".repeat(5),
    `${"x".repeat(1001)} is a long word here.\nThis is a line of words. `.repeat(3),
    `${"x".repeat(1000)} is a long word here.\nThis is a line of words. `.repeat(6),
    stops.repeat(3),
    "A. B. C. D. E. F. G.",
    "A. B. C. d",
    "U.S.A. is big. It is! Or is it? Yes; it is. No. Go. Do. See U",
    "He said \"Go.\" She said “No.” They said 'So.' We all said it. It was good. End.",
    "[1] The first line has one. [edit] The second. [] Third. [citation needed] Fourth. Fifth. [2]",
    "  [3] Only a citation before this. One. Two. Three. Four. [4]  ",
    "İstanbul PRİVACY policy is here. Privacy Policy is not. One more. And more. And more. And more.",
    "Use cooKies now. One two three. One two four. One two five. One two six. One two seven.",
    emails,
    addresses,
    `${"# ".repeat(10)}${prose.repeat(6)}`,
    `${"... ".repeat(10)}${prose.repeat(6)}`,
    `${prose}...\n${prose}…\n${prose} . . .\n${prose}`.repeat(2),
    `- ${prose}\n`.repeat(9) + prose,
    `•${prose}\n`.repeat(10),
    `${"\u00a0- "}${prose}\n`.repeat(10),
    "日本語の文章です。これは二番目の文です。".repeat(10),
    "Это предложение. И ещё одно! Третье? ".repeat(10),
    "مرحبا بالعالم؟ هذه جملة. ".repeat(10),
    "short\nlines\nonly\nhere\nand\nthere.\n".repeat(5),
    `${prose.repeat(2)}\n\n\n\n\n\n\n\n\n\n\n\n\n\n${prose.repeat(2)}x`,
    `${prose} \n${prose}\r\n${prose}`.repeat(3),
    "a".repeat(20000),
    "1 ".repeat(100),
    "{ is a line of its own\nThis is prose with a full stop. And another one. And one more. Four. Five.",
    "There { is a bracket here.",
    "lorem ipsum without a full stop\nThe line has an end. So has this. And this one too. Four here. Five.",
    "\ufffd\ufffd invalid bytes were here \ufffd. ".repeat(10),
    "\ud800 lone surrogate \udc00 stays one character. ".repeat(10),
  ];
}

const emails = [
  "a@b.c, a@b, @b.c, a@@b.c a..b@c.d .a@b.c a.@b.c a.b@c.d. a+b=c@d-e.f-g.h <x@y.z> éa@b.com e\u0301a@b.com",
  "!a@b.com a!b@c.com x@[127.0.0.1] x@[1.2.3.a:] x@[1.2.3.4 x@[300.1.1.1] x@-a.b x@a-.b x@a.b-.c x@a.b- x@a.-b",
  "one@two@three.four a@b.c@d.e a@b.c..d _@a.b -@a.b x-@a.b a@b.c_d a@1.2.3.4 日本a@b.jp a@b.日本 'a'@b.c /a/b@c.d",
  `${"a.".repeat(50)}b@${"c.".repeat(50)}d ${"!".repeat(30)}@a.b ${"!".repeat(30)}x@a.b`,
].join("\n");

const addresses = [
  "8.8.8.8 1.1.1.1, 10.0.0.1 127.0.0.1 192.168.1.1 172.16.0.1 172.32.0.1 100.64.0.1 100.128.0.1 169.254.1.1 0.1.2.3",
  "08.8.8.8 8.8.8.08 00.1.1.1 256.1.1.1 1.256.1.1 1.1.1.256 1.2.3.4.5.6.7.8 1.2.3 1.2.3. x1.2.3.4y 11.22.33.44/24",
  "224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 198.18.0.1 198.20.0.1 198.51.100.7 203.0.113.9 203.0.114.9 192.0.2.1",
  "192.88.99.1 9.9.9.9 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 12.12.12.12 13.13.13.13",
].join("\n");

/** A small seeded generator (mulberry32). */
function mulberry32(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
