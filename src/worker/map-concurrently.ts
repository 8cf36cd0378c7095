/** Maps with at most `limit` calls at once; results in order. The first rejection wins, after running calls have settled. */
export async function mapConcurrently<In, Out>(
  inputs: readonly In[],
  limit: number,
  map: (input: In) => Promise<Out>,
): Promise<Out[]> {
  const results = new Map<number, Out>();
  let next = 0;
  const lane = async () => {
    while (next < inputs.length) {
      const index = next++;
      const input = inputs[index];
      if (input !== undefined) results.set(index, await map(input));
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, inputs.length) }, lane));
  for (const lane of settled) if (lane.status === "rejected") throw lane.reason;
  return inputs.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}
