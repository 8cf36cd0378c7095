import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import type { CoordinatorIdentity } from "../ledger/claims.ts";

/** This process, as a coordinator on a ledger that others may use too. */
export function ownIdentity(): CoordinatorIdentity {
  return { id: randomUUID(), host: hostname(), processId: process.pid, born: birthOf(process.pid) };
}

/**
 * False when a coordinator ran on this machine and its process is gone, however it ended: what it had claimed is free
 * at once. True when that cannot be told.
 */
export function mayBeAlive(other: CoordinatorIdentity): boolean {
  if (other.host !== hostname() || other.born === null) return true;
  return birthOf(other.processId) === other.born;
}

/** When a process began, in clock ticks since the machine did; null where it is gone or the system does not tell. */
function birthOf(processId: number): number | null {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    // The name in parentheses may hold anything; the state follows it as field 3, the start as field 22.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    // No such process, or no /proc: null says both.
    return null;
  }
}
