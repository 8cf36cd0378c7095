import { z } from "zod";

const bytesPerUnit: { readonly [unit: string]: number } = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const sizePattern = /^(\d+(?:\.\d+)?) ?(B|[kK]B|[MGT]B|[KMGT]iB)$/;
const sizeExpected = 'expected a number of bytes or a size such as "256MiB" (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)';

const secondsPerUnit: { readonly [unit: string]: number } = { ms: 0.001, s: 1, m: 60, h: 3600 };
const durationPattern = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/;
const durationExpected = 'expected a number of seconds or a duration such as "30s" (ms, s, m, h)';

function amountOf(text: string, pattern: RegExp, perUnit: { readonly [unit: string]: number }): number {
  const [, amount = "", unit = ""] = pattern.exec(text) ?? [];
  return Number(amount) * (perUnit[unit] ?? Number.NaN);
}

/**
 * Option schema of a size: `"256MiB"`, `"1GB"`, or a whole number of bytes. Parses to bytes, rounded to a whole
 * number, so parsing what was parsed changes nothing. KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB of 1024.
 */
export const byteSize = z
  .union([z.int({ error: sizeExpected }).min(0, sizeExpected), z.string().regex(sizePattern, sizeExpected)], {
    error: sizeExpected,
  })
  .transform((size) => (typeof size === "number" ? size : Math.round(amountOf(size, sizePattern, bytesPerUnit))))
  .pipe(z.int({ error: sizeExpected }));

/** Option schema of a time span: `"500ms"`, `"30s"`, `"5m"`, `"1h"`, or a number of seconds. Parses to seconds. */
export const duration = z
  .union(
    [
      z.number({ error: durationExpected }).min(0, durationExpected),
      z.string().regex(durationPattern, durationExpected),
    ],
    { error: durationExpected },
  )
  .transform((span) => (typeof span === "number" ? span : amountOf(span, durationPattern, secondsPerUnit)));

/** Bytes as people read them: `512 MiB`, `1.5 GiB`, `900 B`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toFixed(amount < 10 ? 2 : 1))} ${units[unit]}`;
}
