import { below, normal, type Random, seededRandom } from "./seeded-random.ts";

/** What a document is like; all but the first approach a rule of the text filters, from both sides. */
const kinds = [
  "prose",
  "html",
  "repeated lines",
  "repeated paragraphs",
  "repeated phrase",
  "bullets",
  "symbols",
  "numbers",
  "few stop words",
  "odd words",
  "code",
  "unpunctuated",
] as const;

export type DocumentKind = (typeof kinds)[number];

const stopWords = "the be to of and that have with a in it is was for as on at by this from or an not are but".split(
  " ",
);
const vocabularySize = 20_000;
const vocabulary = makeVocabulary();

/** Words of two to four syllables: as long as those of English, and as many as a real text draws from. */
function makeVocabulary(): readonly string[] {
  const random = seededRandom(11);
  const starts = ["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pl", "ch"];
  const middles = ["a", "e", "i", "o", "u", "ea", "ou", "ai"];
  const ends = ["", "", "n", "r", "s", "t", "l", "d"];
  const pick = (list: readonly string[]) => list[below(random, list.length)] ?? "";
  const words = new Set<string>();
  while (words.size < vocabularySize) {
    let word = "";
    for (let left = 1 + below(random, 3); left >= 0; left--) word += pick(starts) + pick(middles);
    words.add(word + pick(ends));
  }
  return [...words];
}

/** Two of five words are stop words, the others follow Zipf's law. */
function word(random: Random): string {
  if (random() < 0.4) return stopWords[below(random, stopWords.length)] ?? "the";
  return vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? "word";
}

function sentence(random: Random): string {
  const words = Array.from({ length: 5 + below(random, 18) }, () => word(random));
  const [first = "It"] = words;
  words[0] = first.charAt(0).toUpperCase() + first.slice(1);
  if (random() < 0.2) words[below(random, words.length)] += ",";
  return `${words.join(" ")}${random() < 0.9 ? "." : "?"}`;
}

/** Seven of ten are prose, one of twenty is like HTML, the rest is of the other kinds in turn. */
function kindOf(random: Random, index: number): DocumentKind {
  const place = random();
  if (place < 0.7) return "prose";
  if (place < 0.75) return "html";
  return kinds[2 + (index % (kinds.length - 2))] ?? "prose";
}

/** A document by its number; lengths are log-normal, 3 KB in the mean. */
export function documentText(index: number): string {
  const random = seededRandom(1000 + index * 7919);
  const kind = kindOf(random, index);
  const characters = Math.max(80, Math.min(200_000, Math.exp(7.55 + 0.95 * normal(random))));
  const paragraphs: string[] = [];
  for (let length = 0; length < characters; ) {
    const paragraph = Array.from({ length: 1 + below(random, 6) }, () => sentence(random)).join(" ");
    paragraphs.push(paragraph);
    length += paragraph.length;
  }
  return shape(kind, paragraphs, random);
}

/** `strength` is drawn anew for each document, so that thresholds are met by little and by much. */
function shape(kind: DocumentKind, paragraphs: string[], random: Random): string {
  const strength = random();
  const some = (share: number, change: (paragraph: string) => string) =>
    paragraphs.map((paragraph) => (random() < share ? change(paragraph) : paragraph)).join("\n");
  const again = (separator: string) => {
    const copies = Math.ceil(paragraphs.length * strength);
    return [...paragraphs, ...paragraphs.slice(0, copies)].join(separator);
  };
  switch (kind) {
    case "prose":
      return some(0.02, () => "We have a privacy policy and terms of use that you may read.");
    case "html":
      return some(strength, (text) => `<div class="${word(random)}"><p>${text}</p></div> [${below(random, 30)}]`);
    case "repeated lines":
      return again("\n");
    case "repeated paragraphs":
      return again("\n\n");
    case "repeated phrase":
      return some(
        strength,
        (text) => `${text} ${`${word(random)} and ${word(random)} `.repeat(2 + below(random, 12))}.`,
      );
    case "bullets":
      return some(0.7 + strength * 0.3, (text) => `- ${text}${random() < strength ? "..." : ""}`);
    case "symbols": {
      const symbol = random() < 0.5 ? " # " : " ... ";
      return some(strength, (text) => text.replaceAll(" ", () => (random() < strength * 0.4 ? symbol : " ")));
    }
    case "numbers":
      return some(strength, (text) =>
        text.replaceAll(/\w+/g, (one) => (random() < strength ? String(one.length * 37) : one)),
      );
    case "few stop words":
      return some(1, () => Array.from({ length: 20 }, () => vocabulary[below(random, 500)]).join(" ")) + ". the of";
    case "odd words":
      return some(strength, (text) => text.replaceAll(" ", () => (random() < strength ? "-" : " ")));
    case "code":
      return some(strength * 0.2, (text) =>
        random() < 0.5 ? "It is function f() { return 1; } that we use." : `Use javascript. ${text}`,
      );
    case "unpunctuated":
      return some(strength, (text) => (random() < 0.03 ? "Lorem ipsum dolor sit amet." : text.replaceAll(/[.?]/g, "")));
  }
}
