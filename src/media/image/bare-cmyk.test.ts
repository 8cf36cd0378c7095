import { expect, test } from "vitest";
import { rgbOfInks } from "./bare-cmyk.ts";

test("inks become the RGB that Pillow 13.0 makes of them", () => {
  const inks = [
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [9, 47, 11, 76],
    [0, 25, 54, 62],
    [128, 64, 32, 16],
    [1, 2, 3, 254],
  ];
  expect([...rgbOfInks(Uint8Array.from(inks.flat()))]).toEqual(
    [
      [255, 255, 255],
      [0, 0, 0],
      [173, 146, 171],
      [193, 174, 152],
      [119, 179, 209],
      [1, 1, 1],
    ].flat(),
  );
});
