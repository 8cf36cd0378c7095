import { formatBytes } from "../contract/units.ts";

/**
 * How numbers look, everywhere a person reads them: `1,234`, `12.3 MiB/s`, `1m 20s`, `4.2 %`.
 * Sizes are binary, as in pipeline files; always English, so that logs compare.
 */
const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

export function formatCount(count: number): string {
  return integers.format(count);
}

/** `1 file`, `1,204 files`. */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}

export function formatByteRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `830/s`; below ten a second with a decimal, so that slow work is told from none. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? oneDecimal.format(perSecond) : integers.format(perSecond)}/s`;
}

/** At most two units: `42ms`, `0.42s`, `8.5s`, `1m 20s`, `3h 05m`, `2d 04h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)}ms`;
  if (seconds < 0.995) return `${seconds.toFixed(2)}s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return twoUnits(Math.floor(whole / 60), "m", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return twoUnits(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(seconds / 3600);
  return twoUnits(Math.floor(hours / 24), "d", hours % 24, "h");
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit} ${String(small).padStart(2, "0")}${smallUnit}`;
}

/** Never rounds something to nothing or to all: `<0.1 %`, `>99.9 %`. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (ratio > 0 && percent < 0.1) return "<0.1 %";
  if (ratio < 1 && percent > 99.9) return ">99.9 %";
  return `${oneDecimal.format(percent)} %`;
}
