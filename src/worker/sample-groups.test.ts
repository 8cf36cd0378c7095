import { expect, test } from "vitest";
import type { Part, Sample } from "../model/sample.ts";
import { SampleGroups } from "./sample-groups.ts";

const text = (mediaType: string): Part => ({ kind: "text", name: "text", mediaType, text: "words" });
const sample = (...mediaTypes: readonly string[]): Sample => ({
  id: "a",
  parts: mediaTypes.map(text),
  attributes: {},
});

test("tries a few of every group, more of them spread over the splits", () => {
  const groups = new SampleGroups(1);
  const wanted: { readonly [group: string]: number[] } = { plain: [], html: [] };
  for (let split = 0; split < 8; split++) {
    groups.beginSplit(8);
    wanted.plain?.push(Array.from({ length: 100 }, () => groups.wants(sample("text/plain"))).filter(Boolean).length);
    const rare = split === 5 ? Array.from({ length: 10 }, () => groups.wants(sample("text/html", "text/plain"))) : [];
    wanted.html?.push(rare.filter(Boolean).length);
  }
  expect(wanted.plain).toEqual([3, 2, 2, 2, 2, 2, 2, 1]);
  expect(wanted.html).toEqual([0, 0, 0, 0, 0, 3, 0, 0]);
});

test("weighs what each group takes by how many samples it has, however many of it were tried", () => {
  const groups = new SampleGroups(2);
  groups.beginSplit(1);
  for (let count = 0; count < 90; count++) {
    if (groups.wants(sample("text/plain"))) groups.settle(sample("text/plain"), [100, 10]);
  }
  for (let count = 0; count < 10; count++) {
    if (groups.wants(sample("text/html"))) groups.settle(sample("text/html"), [1000, 0]);
  }
  expect(groups.stageBytes()).toEqual([90 * 100 + 10 * 1000, 90 * 10]);
});
