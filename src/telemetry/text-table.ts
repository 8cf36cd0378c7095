import { fitText, type Paint, plainPaint, type Style } from "./paint.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** The one that gives way when the table is wider than the terminal. */
  readonly isFlexible?: boolean;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

interface TableLayout {
  readonly width: number;
  readonly paint?: Paint;
  readonly indent?: number;
}

const gap = 2;

/** Aligned lines, the titles first; no line is longer than `width` as long as the fixed columns fit in it. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  layout: TableLayout,
): string[] {
  const paint = layout.paint ?? plainPaint;
  const indent = " ".repeat(layout.indent ?? 0);
  const widths = columnWidths(columns, rows, layout.width - indent.length);
  const line = (cells: readonly Cell[]) =>
    (
      indent +
      columns.map((column, index) => paintCell(cells[index], column, widths[index] ?? 0, paint)).join(" ".repeat(gap))
    ).trimEnd();
  const titles = columns.map((column): Cell => ({ text: column.title, style: "dim" }));
  return [line(titles), ...rows.map(line)];
}

function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  available: number,
): readonly number[] {
  const widths = columns.map((column, index) =>
    rows.reduce((widest, row) => Math.max(widest, [...(row[index]?.text ?? "")].length), column.title.length),
  );
  const total = widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1);
  const excess = total - available;
  if (excess <= 0) return widths;
  return widths.map((width, index) => (columns[index]?.isFlexible === true ? Math.max(8, width - excess) : width));
}

function paintCell(cell: Cell | undefined, column: Column, width: number, paint: Paint): string {
  const text = fitText(cell?.text ?? "", width);
  const padding = " ".repeat(width - [...text].length);
  const painted = cell?.style === undefined ? text : paint(cell.style, text);
  return column.align === "right" ? padding + painted : painted + padding;
}
