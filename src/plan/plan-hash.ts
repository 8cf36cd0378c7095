import { createHash } from "node:crypto";
import type { Plan } from "../contract/plan.ts";
import { canonicalJson } from "../model/json.ts";

/** SHA-256 of the plan's canonical JSON, lowercase hex: equal plans, and only they, have equal hashes. */
export function planHash(plan: Plan): string {
  return createHash("sha256").update(canonicalJson(plan)).digest("hex");
}

/**
 * The seed of the step at `position` (from 1): the first 32 bits, big-endian, of the SHA-256 of
 * `<plan seed>:<position>` in decimal.
 */
export function stepSeed(planSeed: number, position: number): number {
  return createHash("sha256").update(`${planSeed}:${position}`).digest().readUInt32BE(0);
}
