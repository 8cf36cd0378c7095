/** A run of ours, or of the peer with that index. */
export type Turn = "ours" | number;

/**
 * The order of one round. Every peer runs right beside a run of ours, since only neighbours meet the same machine:
 * A B for one peer, B A C for two, B A C D A for three. Odd rounds are turned around, so that who comes first, with
 * what that leaves behind (a warm cache, a throttled core), changes from round to round.
 */
export function roundOrder(peers: number, round: number): readonly Turn[] {
  const turns: Turn[] = [];
  for (let peer = 0; peer < peers; peer += 2) {
    turns.push(peer, "ours");
    if (peer + 1 < peers) turns.push(peer + 1);
  }
  if (peers === 0) turns.push("ours");
  return round % 2 === 0 ? turns : turns.toReversed();
}

/** The neighbouring run of ours, by its place in the order. */
export function partnerOf(order: readonly Turn[], place: number): number {
  const near = [place + 1, place - 1].find((neighbour) => order[neighbour] === "ours");
  if (near === undefined) throw new Error(`no run of ours beside place ${place} of ${order.join(" ")}`);
  return near;
}
