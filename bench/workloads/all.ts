import type { Workload } from "../harness/workload.ts";
import { w7 } from "./first-record.ts";
import { w1, w1b, w2 } from "./images.ts";
import { w10, w10t } from "./kills.ts";
import { w9, w9t } from "./memory.ts";
import { w4 } from "./near-duplicates.ts";
import { w5, w6 } from "./not-yet.ts";
import { w8, w8b } from "./objects.ts";
import { w11, w11p } from "./shards.ts";
import { w4s } from "./signatures.ts";
import { w11w } from "./tar-writers.ts";
import { w3, w3d } from "./text-rules.ts";

/** In the order in which they are run and shown. */
export const workloads: readonly Workload[] = [
  w1,
  w1b,
  w2,
  w3,
  w3d,
  w4,
  w4s,
  w5,
  w6,
  w7,
  w8,
  w8b,
  w9,
  w9t,
  w10,
  w10t,
  w11,
  w11p,
  w11w,
];
