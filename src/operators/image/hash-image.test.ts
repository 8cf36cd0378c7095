import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { firstImage, imageSample, openedImageOperator, outcomeSample } from "../../../test/fixtures/image-operator.ts";
import { picture } from "../../../test/fixtures/picture.ts";
import { hasSharedImages, sharedImage } from "../../../test/fixtures/shared-media.ts";
import { checkOperator } from "../../testing.ts";
import { hashImage } from "./hash-image.ts";
import { resizeImage } from "./resize-image.ts";

const source = picture(333, 217);
const golden = { phash: "921fe2e3a82255f5", dhash: "a5795ab5b54a8585" };
const image = () => sharp(source.data, { raw: { width: 333, height: 217, channels: 3 } });

describe("hash-image", () => {
  it("keeps the promises of an operator", async () => {
    const samples = [imageSample(await image().png().toBuffer(), "a"), imageSample(new Uint8Array(0), "b")];
    expect(await checkOperator(hashImage, { samples })).toMatchObject({ kept: 1, failed: { SAMPLE_EMPTY: 1 } });
  });

  it("equals ImageHash 4.3.2 on lossless files, whatever their alpha or orientation", async () => {
    const apply = await openedImageOperator(hashImage, {});
    const turned = sharp(await image().rotate(90).png().toBuffer()).withMetadata({ orientation: 8 });
    const files = [
      image().png(),
      image().webp({ lossless: true }),
      image().tiff({ compression: "lzw" }),
      image().ensureAlpha(0.2).png(),
      turned.png(),
    ];
    for (const [index, file] of files.entries()) {
      const { attributes } = outcomeSample(await apply(imageSample(await file.toBuffer())));
      expect(attributes, `file ${index}`).toEqual(golden);
    }
  });

  it("writes what it is asked for", async () => {
    const apply = await openedImageOperator(hashImage, { algorithms: ["dhash"] });
    const { attributes } = outcomeSample(await apply(imageSample(await image().png().toBuffer())));
    expect(attributes).toEqual({ dhash: golden.dhash });
  });

  it("hashes the pixels that an earlier step made, without encoding them", async () => {
    const resize = await openedImageOperator(resizeImage, { sizePixels: 64 });
    const hash = await openedImageOperator(hashImage, {});
    const resized = outcomeSample(await resize(imageSample(await image().jpeg().toBuffer())));
    await hash(resized);
    expect(firstImage(resized).content.peek()).toBeUndefined();
  });
});

// ImageHash 4.3.2 with Pillow 13.0.0 over ImageOps.exif_transpose(Image.open(file)).
describe.skipIf(!hasSharedImages)("hash-image on real files (skipped without ../shared/media)", () => {
  it.each([
    ["2569067123_aca715a2ee_o.jpg", "cc7efa1954c403e3", "2333e7f4d4f2e3c2"],
    ["4.webp", "e619c33e09f424f3", "f2d884062e2f64c0"],
    ["5_webp_a.webp", "93f741480383de6f", "ccba4d4c1c79b2d4"],
    ["Channel_digital_image_CMYK_color_no_profile.jpg", "ad5a99a8d23ee10b", "b3726226a3d6361f"],
    ["G31D.TIF", "e9c2c771b44fc28c", "c6237113361b5332"],
    ["Landscape_3.jpg", "8c97878782733379", "647474b4b2e6a2f0"],
    ["Landscape_8.jpg", "8c97878782733379", "647474b4b2e6a2f0"],
    ["Portrait_5.jpg", "888ab383cb8bcea7", "e9b933b3f2f0f9d0"],
    ["Portrait_6.jpg", "888ab383cb8bcea7", "e9b133b3f2f0f9d0"],
    ["big-height.webp", "8000000000000000", "0000000000000000"],
    ["blackbug.png", "f887877870878b78", "0000000c38310000"],
    ["concert.jpg", "9a9a15656d25ab93", "f83979b8b9d3cad9"],
    ["dj-cat.jpg", "f030474e4a5b59f9", "a4ae9899ab3264c8"],
    ["dj-img1.png", "83fa7ca5f08a61a5", "5151c9c9c6dee0f0"],
    ["dj-img3.jpg", "969899d629c98e9e", "3cfc7c7c6cecec6c"],
    ["dj-img_pair_1.jpg", "b5adcec6ac8d41d0", "c70c9a169ecce8cc"],
    ["dj-img_pair_2.jpg", "b5ad4ec2accd61d0", "e70c8e169cccc8e0"],
    ["flowers.jpeg", "d5007d0075005500", "f0f0f0f0f0f0f0f0"],
    ["gain-map.jpg", "c83ee9d55a353069", "f3f1f1f1f0f0f0f1"],
    ["low-contrast.jpg", "cc7efa1954c407e1", "2333c7f4d4f2e3c2"],
  ])("%s equals the reference", async (name, phash, dhash) => {
    const apply = await openedImageOperator(hashImage, {});
    const { attributes } = outcomeSample(await apply(imageSample(sharedImage(name))));
    expect(attributes).toEqual({ phash, dhash });
  });
});
