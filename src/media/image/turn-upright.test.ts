import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../../../test/fixtures/picture.ts";
import type { Pixels } from "./pixels.ts";
import { turnUpright } from "./turn-upright.ts";

const { data } = picture(7, 5);

describe("turnUpright", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("turns orientation %i as sharp does", async (orientation) => {
    const file = await sharp(data, { raw: { width: 7, height: 5, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const expected = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const stored: Pixels = { width: 7, height: 5, channels: 3, data };
    const upright = turnUpright(stored, orientation);
    expect([upright.width, upright.height]).toEqual([expected.info.width, expected.info.height]);
    expect(Buffer.from(upright.data)).toEqual(expected.data);
  });

  it("turns grey, and refuses what is no orientation", () => {
    const grey: Pixels = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) };
    expect(turnUpright(grey, 8)).toEqual({ width: 1, height: 2, channels: 1, data: Uint8Array.of(2, 1) });
    expect(() => turnUpright(grey, 9)).toThrow("expected an EXIF orientation from 1 to 8, received 9");
  });
});
