import type { Sample } from "../model/sample.ts";
import { mediaTypesOf } from "./media-type-trials.ts";

/** Of each group: so many at least, so that one bad sample does not speak for all. */
const fewest = 3;
const most = 16;
/** In all groups together. */
const mostTried = 160;

interface Group {
  looked: number;
  chosen: number;
  chosenInSplit: number;
  tried: number;
  readonly stageBytes: number[];
}

/**
 * Samples in groups of the same media types: which of them to try, spread over the splits, and what all would
 * take, going by those that were tried of each group.
 */
export class SampleGroups {
  readonly #groups = new Map<string, Group>();
  readonly #stages: number;
  #chosen = 0;
  #mostInSplit = most;

  constructor(stages: number) {
    this.#stages = stages;
  }

  beginSplit(splits: number): void {
    this.#mostInSplit = Math.ceil(most / splits);
    for (const group of this.#groups.values()) group.chosenInSplit = 0;
  }

  /** Notes a sample and says whether it is to be tried. */
  wants(sample: Sample): boolean {
    const group = this.#groupOf(sample);
    group.looked++;
    const isWanted =
      group.chosen < fewest ||
      (group.chosen < most && group.chosenInSplit < this.#mostInSplit && this.#chosen < mostTried);
    if (!isWanted) return false;
    group.chosen++;
    group.chosenInSplit++;
    this.#chosen++;
    return true;
  }

  settle(sample: Sample, stageBytes: readonly number[]): void {
    const group = this.#groupOf(sample);
    group.tried++;
    for (const [stage, bytes] of stageBytes.entries()) group.stageBytes[stage] = (group.stageBytes[stage] ?? 0) + bytes;
  }

  /** Bytes that each stage would write of all samples that were noted. */
  stageBytes(): readonly number[] {
    return Array.from({ length: this.#stages }, (_, stage) => {
      let bytes = 0;
      for (const { looked, tried, stageBytes } of this.#groups.values()) {
        if (tried > 0) bytes += ((stageBytes[stage] ?? 0) * looked) / tried;
      }
      return Math.round(bytes);
    });
  }

  #groupOf(sample: Sample): Group {
    const key = mediaTypesOf(sample)
      .map(({ mediaType }) => mediaType)
      .sort()
      .join();
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { looked: 0, chosen: 0, chosenInSplit: 0, tried: 0, stageBytes: [] };
      this.#groups.set(key, group);
    }
    return group;
  }
}
