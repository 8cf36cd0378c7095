import { expect, test } from "vitest";
import { MemoryReservations } from "./memory-reservations.ts";

function reservationsWith(usedBytes: number) {
  const granted: number[] = [];
  const reservations = new MemoryReservations({ read: () => ({ limitBytes: 1000, usedBytes }) });
  const request = (holder: number, bytes: number) => reservations.request(holder, bytes, () => granted.push(holder));
  return { reservations, request, granted };
}

test("requests are granted as far as the limit leaves room, in the order they came", () => {
  const { reservations, request, granted } = reservationsWith(200);
  request(0, 300);
  request(1, 300);
  request(2, 400);
  request(3, 10);
  expect(granted).toEqual([0, 1]);
  reservations.release(0);
  expect(granted).toEqual([0, 1]);
  reservations.release(1);
  expect(granted).toEqual([0, 1, 2, 3]);
});

test("what is larger than everything is granted alone, so that nobody waits for ever", () => {
  const { reservations, request, granted } = reservationsWith(900);
  request(0, 5000);
  request(1, 5000);
  expect(granted).toEqual([0]);
  reservations.release(0);
  expect(granted).toEqual([0, 1]);
});

test("a holder that is gone gives back what it had and waits no longer", () => {
  const { reservations, request, granted } = reservationsWith(900);
  request(0, 500);
  request(1, 500);
  request(2, 500);
  reservations.release(1);
  reservations.release(0);
  reservations.release(0);
  expect(granted).toEqual([0, 2]);
});
