import type { Random } from "./random.ts";

/** What a record of a text input holds. */
export type TextRecord = { readonly text: string; readonly title: string | number };

// biome-ignore format: a list of words
const words = [
  "lighthouse", "keeper", "walked", "along", "the", "shore", "and", "thought", "of", "ships", "that", "had", "passed",
  "über", "naïve", "東京", "данные", "a", "I", "12", "mail@example.org", "10.1.2.3", "e\u0301", "\u00a0", "…",
] as const;

export function textRecords(random: Random, count: number, duplicateShare: number): readonly TextRecord[] {
  const records: TextRecord[] = [];
  for (let index = 0; index < count; index++) {
    const earlier = records[random.integer(0, Math.max(0, index - 1))];
    if (earlier !== undefined && random.chance(duplicateShare)) records.push({ ...earlier });
    else records.push({ text: sentence(random), title: title(random, index) });
  }
  return records;
}

function sentence(random: Random): string {
  const chosen = Array.from({ length: random.integer(0, 50) }, () => random.pick(words));
  return chosen.join(random.pick([" ", "  ", " ", "\n"]));
}

/** Now and then what the operators of the fixtures refuse. */
function title(random: Random, index: number): string | number {
  if (random.chance(0.02)) return index;
  return random.chance(0.05) ? "" : `title ${index}`;
}
