import { formatCount } from "../../telemetry/format-quantity.ts";
import { fitText, type Paint } from "../../telemetry/paint.ts";
import { type Cell, tableLines } from "../../telemetry/text-table.ts";
import type { FileStory } from "./file-story.ts";

const styles = { written: "green", "passed on": "green", dropped: "yellow", failed: "red", split: "cyan" } as const;

/** What became of the samples of a file, for a person. */
export function fileLines(story: FileStory, width: number, paint: Paint): readonly string[] {
  const { samples, splits, unfinishedSplits } = story;
  const rows = story.outcomes.map(({ ending, detail, samples: count, example }): readonly Cell[] => [
    { text: formatCount(count) },
    { text: ending, style: styles[ending] },
    { text: detail },
    { text: example, style: "dim" },
  ]);
  const columns = [
    { title: "samples", align: "right" },
    { title: "" },
    { title: "where" },
    { title: "the first of them", isFlexible: true },
  ] as const;
  return [
    `${paint("bold", fitText(story.file, 1000))}  ${plural(samples, "sample")} read in ${plural(splits, "split")}`,
    ...(unfinishedSplits.length === 0
      ? []
      : [
          paint(
            "cyan",
            `${formatCount(unfinishedSplits.length)} of them not finished yet: ${listed(unfinishedSplits)}`,
          ),
        ]),
    ...(rows.length === 0 ? [] : ["", ...tableLines(columns, rows, { width, paint, indent: 2 })]),
  ];
}

function listed(splits: readonly number[]): string {
  return splits.length > 8 ? `${splits.slice(0, 8).join(", ")}, …` : splits.join(", ");
}

function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}
