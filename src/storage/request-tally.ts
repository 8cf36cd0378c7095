import type { StorageRequests } from "../contract/run-event.ts";

const counted = new Map<string, { requests: number; seconds: number }>();

/** Notes one request of this process that has ended, an attempt that is repeated too; `status` undefined: no answer. */
export function countRequest(
  scheme: StorageRequests["scheme"],
  operation: string,
  status: number | undefined,
  seconds: number,
): void {
  const key = `${scheme} ${operation} ${status ?? "none"}`;
  const count = counted.get(key);
  if (count === undefined) counted.set(key, { requests: 1, seconds });
  else {
    count.requests++;
    count.seconds += seconds;
  }
}

/** What was counted since the last call. */
export function takeRequests(): readonly StorageRequests[] {
  const taken = [...counted].map(([key, counts]) => {
    const [scheme = "", operation = "", status = ""] = key.split(" ");
    return { scheme: scheme === "s3" ? "s3" : "http", operation, status, ...counts } as const;
  });
  counted.clear();
  return taken;
}
