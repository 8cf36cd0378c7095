import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeJpeg, jpegWithRestarts } from "../../../test/fixtures/encode-jpeg.ts";
import { smoothPicture } from "../../../test/fixtures/picture.ts";
import { jpegScans } from "./jpeg-scans.ts";

const picture = smoothPicture(70, 50);
const image = () => sharp(picture.data, { raw: { width: 70, height: 50, channels: 3 } });

function replaced(file: Buffer, found: readonly number[], by: readonly number[]): Buffer {
  const at = file.indexOf(Buffer.from(found));
  if (at < 0) throw new Error("there is nothing to replace");
  return Buffer.concat([file.subarray(0, at), Buffer.from(by), file.subarray(at + found.length)]);
}

describe("jpegScans", () => {
  it("reads what a decoder needs", () => {
    const frame = jpegScans(jpegWithRestarts);
    expect(frame).toMatchObject({ width: 70, height: 50, isProgressive: false });
    expect(frame?.components.map(({ across, down }) => [across, down])).toEqual([
      [2, 2],
      [1, 1],
      [1, 1],
    ]);
    // The first step of each table of quality 60.
    expect(frame?.components.map(({ steps }) => steps[0])).toEqual([13, 14, 14]);
    const [scan, ...others] = frame?.scans ?? [];
    expect(others).toEqual([]);
    expect(scan).toMatchObject({ restartInterval: 4, first: 0, last: 63, high: 0, low: 0 });
    expect(scan?.components).toEqual([
      { component: 0, dcTable: 0, acTable: 0 },
      { component: 1, dcTable: 1, acTable: 1 },
      { component: 2, dcTable: 1, acTable: 1 },
    ]);
    expect(scan?.tables.map(({ kind, index }) => `${kind} ${index}`)).toEqual(["dc 0", "ac 0", "dc 1", "ac 1"]);
  });

  it("reads the scans of a progressive file, which touch one another", async () => {
    const file = await image().jpeg({ progressive: true, chromaSubsampling: "4:2:0" }).toBuffer();
    const scans = jpegScans(file)?.scans ?? [];
    // jpeg_simple_progression of libjpeg 6b: components, coefficients, bits before and now.
    expect(scans.map(({ components, first, last, high, low }) => [components.length, first, last, high, low])).toEqual([
      [3, 0, 0, 0, 1],
      [1, 1, 5, 0, 2],
      [1, 1, 63, 0, 1],
      [1, 1, 63, 0, 1],
      [1, 6, 63, 0, 2],
      [1, 1, 63, 2, 1],
      [3, 0, 0, 1, 0],
      [1, 1, 63, 1, 0],
      [1, 1, 63, 1, 0],
      [1, 1, 63, 1, 0],
    ]);
    for (const { from, to } of scans)
      expect([from < to, file[to], file[to + 1] ?? 0]).toEqual([true, 0xff, expect.any(Number)]);
    expect(file[(scans.at(-1)?.to ?? 0) + 1]).toBe(0xd9);
  });

  it("tells inks, and whether they are stored as Adobe's programs do", async () => {
    const cmyk = await image().toColourspace("cmyk").jpeg().toBuffer();
    const adobe = cmyk.indexOf("Adobe");
    expect(jpegScans(cmyk)).toMatchObject({ colours: "cmyk", isInverted: true });
    const bare = Buffer.from(cmyk);
    bare.write("Other", adobe);
    expect(jpegScans(bare)).toMatchObject({ colours: "cmyk", isInverted: false });
    const ycck = Buffer.from(cmyk);
    ycck[adobe + 11] = 2;
    expect(jpegScans(ycck)).toMatchObject({ colours: "ycck", isInverted: true });
    ycck[adobe + 11] = 7;
    expect(jpegScans(ycck)).toBeUndefined();
  });

  it("takes one component block by block", () => {
    expect(jpegScans(encodeJpeg(picture, 80, "grey"))?.components).toMatchObject([{ across: 1, down: 1 }]);
  });

  it("leaves everything else to libraries", async () => {
    const plain = encodeJpeg(picture, 80, "4:4:4");
    const extended = replaced(plain, [0xff, 0xc0], [0xff, 0xc1]);
    // Components by the names R, G and B, in the frame and in the scan.
    const named = (one: number, two: number, three: number) => [one, 0x11, 0, two, 0x11, 1, three, 0x11, 1];
    const inScan = (one: number, two: number, three: number) => [3, one, 0, two, 0x11, three, 0x11];
    const rgb = replaced(replaced(plain, named(1, 2, 3), named(82, 71, 66)), inScan(1, 2, 3), inScan(82, 71, 66));
    const others = [await image().png().toBuffer(), extended, rgb];
    for (const file of others) expect(jpegScans(file)).toBeUndefined();
    expect(jpegScans(plain)).toBeDefined();
  });

  it("has nothing where headers are cut or a table is missing", () => {
    const from = jpegScans(jpegWithRestarts)?.scans[0]?.from ?? 0;
    for (let end = 0; end < from; end++) {
      expect(jpegScans(jpegWithRestarts.subarray(0, end))).toBeUndefined();
    }
    expect(jpegScans(replaced(jpegWithRestarts, [0xff, 0xdb], [0xff, 0xe5]))).toBeUndefined();
    expect(jpegScans(replaced(jpegWithRestarts, [0xff, 0xc4], [0xff, 0xe5]))).toBeUndefined();
  });
});
