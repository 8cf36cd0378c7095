import type { Workload } from "../harness/workload.ts";

/** A workload that has a place in the table, but no operators to run it with. */
function notYet(id: string, title: string, unit: string, missing: string): Workload {
  return {
    id,
    title,
    unit,
    environments: [],
    prepare: () => Promise.reject(new Error(`operator does not exist: ${missing}`)),
  };
}

export const w5 = notYet(
  "W5",
  "video: scene cuts, a frame a second, probe",
  "seconds of video",
  "video steps but probe-media",
);
export const w6 = notYet(
  "W6",
  "FLAC -> 16 kHz mono -> level and silence -> Parquet",
  "clips",
  "any audio step but probe-media",
);
