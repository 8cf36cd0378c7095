import { describe, expect, it } from "vitest";
import type { Accounting } from "../contract/accounting.ts";
import type { RunSummary } from "../contract/run-event.ts";
import { type FunnelInput, funnelLines } from "./funnel.ts";
import { plainPaint } from "./paint.ts";

const accounting: Accounting = {
  read: 1200,
  bytesRead: 48_000_000,
  unreadable: { SAMPLE_EMPTY: 2 },
  steps: {
    "1-filter-image-size": {
      in: 1198,
      kept: 900,
      dropped: { "too-narrow": 290, "too-short": 8 },
      failed: {},
      split: 0,
      children: 0,
    },
    "2-hash-image": { in: 900, kept: 897, dropped: {}, failed: { SAMPLE_CORRUPT: 3 }, split: 0, children: 0 },
  },
  unwritable: {},
  written: 897,
};

const summary: RunSummary = {
  outcome: "succeeded",
  runId: "r",
  destination: "/data/out",
  accounting,
  shards: 2,
  shardBytes: 41_500_000,
  failedTasks: [],
  error: null,
  seconds: 8,
  wasComplete: false,
};

const input: FunnelInput = {
  summary,
  session: accounting,
  shares: { read: 0.082, "1-filter-image-size": 0.018, "2-hash-image": 0.9, write: 0.0004 },
  stepIds: ["1-filter-image-size", "2-hash-image"],
  examples: [
    {
      id: "holiday/\u001b[31mbeach",
      uri: "/data/in/holiday/beach.jpg",
      step: "2-hash-image",
      failureClass: "bad-input",
      position: 0,
      attempt: 1,
      planHash: "h",
      stage: 0,
      split: 0,
      error: {
        code: "SAMPLE_CORRUPT",
        message: "the JPEG ends after 1,024 of 9,999 bytes",
        details: {},
        isRetryable: false,
        stack: "",
        causes: [],
      },
    },
  ],
  resumeCommand: "pipeline run pipeline.yaml",
};

describe("funnelLines", () => {
  it("shows where samples went, what failed with examples, and where to look next", () => {
    expect(`\n${funnelLines(input, 100, plainPaint).join("\n")}\n`).toMatchInlineSnapshot(`
      "

      step                  left                                      time  dropped or failed here
      read                 1,198  ━━━━━━━━━━━━━━━━━━━━━━━━  99.8 %   8.2 %  2 failed: SAMPLE_EMPTY
      1-filter-image-size    900  ━━━━━━━━━━━━━━━━━━──────    75 %   1.8 %  290 too-narrow, 8 too-short
      2-hash-image           897  ━━━━━━━━━━━━━━━━━━──────  74.8 %    90 %  3 failed: SAMPLE_CORRUPT
      written                897  ━━━━━━━━━━━━━━━━━━──────  74.8 %  <0.1 %

      done in 8.0s (150/s, 5.72 MiB/s)  897 samples in 2 shards, 39.6 MiB

      failed samples, kept in quarantine
        3 SAMPLE_CORRUPT
          The content cannot be decoded. Replace or remove the file.
          holiday/beach  2-hash-image  the JPEG ends after 1,024 of 9,999 bytes
        2 SAMPLE_EMPTY
          The file holds no bytes. Replace or remove the file.

      output      /data/out
      manifest    /data/out/_manifest.json
      quarantine  /data/out/_quarantine/
      "
    `);
  });

  it("shows how to resume instead of a manifest when the run did not succeed", () => {
    const text = funnelLines({ ...input, summary: { ...summary, outcome: "interrupted" } }, 100, plainPaint).join("\n");
    expect(text).toContain("resume      pipeline run pipeline.yaml");
    expect(text).not.toContain("_manifest.json");
  });

  it("keeps to the width of the terminal", () => {
    for (const line of funnelLines(input, 80, plainPaint).slice(0, 6)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("warns of a dataset that is empty", () => {
    const step = { in: 5, kept: 0, dropped: { too_small: 5 }, failed: {}, split: 0, children: 0 };
    const empty = {
      ...summary,
      accounting: { ...accounting, read: 5, unreadable: {}, steps: { "1-x": step }, written: 0 },
    };
    const text = funnelLines({ ...input, summary: empty, stepIds: ["1-x"], examples: [] }, 100, plainPaint).join("\n");
    expect(text).toContain("warning: the dataset is empty: none of 5 samples was left");
    expect(funnelLines(input, 100, plainPaint).join("\n")).not.toContain("the dataset is empty");
  });
});
