import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeJpeg, jpegWithRestarts } from "../../../test/fixtures/encode-jpeg.ts";
import { smoothPicture } from "../../../test/fixtures/picture.ts";
import { baselineJpeg } from "./baseline-jpeg.ts";

const picture = smoothPicture(70, 50);
const image = () => sharp(picture.data, { raw: { width: 70, height: 50, channels: 3 } });

function replaced(file: Buffer, found: readonly number[], by: readonly number[]): Buffer {
  const at = file.indexOf(Buffer.from(found));
  if (at < 0) throw new Error("there is nothing to replace");
  return Buffer.concat([file.subarray(0, at), Buffer.from(by), file.subarray(at + found.length)]);
}

describe("baselineJpeg", () => {
  it("reads what a decoder needs", () => {
    const scan = baselineJpeg(jpegWithRestarts);
    expect(scan).toMatchObject({ width: 70, height: 50, restartInterval: 4 });
    expect(scan?.components.map(({ across, down, dcTable, acTable }) => [across, down, dcTable, acTable])).toEqual([
      [2, 2, 0, 0],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    // The first step of each table of quality 60.
    expect(scan?.components.map(({ steps }) => steps[0])).toEqual([13, 14, 14]);
    expect(scan?.tables.map(({ kind, index }) => `${kind} ${index}`)).toEqual(["dc 0", "ac 0", "dc 1", "ac 1"]);
  });

  it("takes one component block by block", () => {
    expect(baselineJpeg(encodeJpeg(picture, 80, "grey"))?.components).toMatchObject([{ across: 1, down: 1 }]);
  });

  it("leaves everything else to libraries", async () => {
    const plain = encodeJpeg(picture, 80, "4:4:4");
    const extended = replaced(plain, [0xff, 0xc0], [0xff, 0xc1]);
    // Components by the names R, G and B, in the frame and in the scan.
    const named = (one: number, two: number, three: number) => [one, 0x11, 0, two, 0x11, 1, three, 0x11, 1];
    const inScan = (one: number, two: number, three: number) => [3, one, 0, two, 0x11, three, 0x11];
    const rgb = replaced(replaced(plain, named(1, 2, 3), named(82, 71, 66)), inScan(1, 2, 3), inScan(82, 71, 66));
    const others = [
      await image().jpeg({ progressive: true }).toBuffer(),
      await image().toColourspace("cmyk").jpeg().toBuffer(),
      await image().png().toBuffer(),
      extended,
      rgb,
    ];
    for (const file of others) expect(baselineJpeg(file)).toBeUndefined();
    expect(baselineJpeg(plain)).toBeDefined();
  });

  it("has nothing where headers are cut or a table is missing", () => {
    const scan = baselineJpeg(jpegWithRestarts);
    for (let end = 0; end < (scan?.from ?? 0); end++) {
      expect(baselineJpeg(jpegWithRestarts.subarray(0, end))).toBeUndefined();
    }
    expect(baselineJpeg(replaced(jpegWithRestarts, [0xff, 0xdb], [0xff, 0xe5]))).toBeUndefined();
    expect(baselineJpeg(replaced(jpegWithRestarts, [0xff, 0xc4], [0xff, 0xe5]))).toBeUndefined();
  });
});
