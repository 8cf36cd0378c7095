// Loaded with --import into every process of a session: the wall clock is hours off, and jumps back and forth.
import process from "node:process";
import { Random } from "./random.ts";

const hour = 3_600_000;
const largestJumpHours = 48;
const longestCalmMilliseconds = 150;

const random = new Random("clock", new URL(import.meta.url).search, process.pid);
const RealDate = Date;
let offset = 0;
let jumpsAt = 0;

function shiftedNow(): number {
  if (performance.now() >= jumpsAt) {
    offset = (random.share() * 2 - 1) * largestJumpHours * hour;
    jumpsAt = performance.now() + random.share() * longestCalmMilliseconds;
  }
  return Math.floor(RealDate.now() + offset);
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, name, receiver) => (name === "now" ? shiftedNow : Reflect.get(target, name, receiver)),
});
