import { expect, test } from "vitest";
import { partnerOf, roundOrder } from "./run-order.ts";

test.each([1, 2, 3, 4, 7])("with %d peers each runs once a round, beside a run of ours", (peers) => {
  for (const round of [0, 1]) {
    const order = roundOrder(peers, round);
    const places = order.flatMap((turn, place) => (turn === "ours" ? [] : [place]));
    expect(places.map((place) => order[place]).toSorted()).toEqual(Array.from({ length: peers }, (_, peer) => peer));
    for (const place of places) expect(order[partnerOf(order, place)]).toBe("ours");
    expect(order.filter((turn) => turn === "ours")).toHaveLength(Math.ceil(peers / 2));
  }
});

test("who comes first changes from round to round", () => {
  expect(roundOrder(1, 0)).toEqual([0, "ours"]);
  expect(roundOrder(1, 1)).toEqual(["ours", 0]);
});

test("without peers ours runs alone", () => {
  expect(roundOrder(0, 0)).toEqual(["ours"]);
});
