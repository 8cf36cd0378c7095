import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sniffedHeadBytes, sniffMediaType } from "./sniff-media-type.ts";

const bytesOf = (text: string) => Buffer.from(text, "utf8");
const sniffWhole = async (bytes: Uint8Array) => {
  const { kind, mediaType } = await sniffMediaType(bytes, true);
  return `${kind} ${mediaType}`;
};

describe("sniffMediaType", () => {
  it.each([
    ["image image/jpeg", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
    ["image image/png", Buffer.from("\x89PNG\r\n\x1a\n\0\0", "latin1")],
    ["image image/gif", bytesOf("GIF89a\x01\0")],
    ["image image/webp", Buffer.from("RIFF\x24\0\0\0WEBPVP8 ", "latin1")],
    ["audio audio/wav", Buffer.from("RIFF\x24\0\0\0WAVEfmt ", "latin1")],
    ["image image/tiff", Buffer.from("II*\0\xff\xff\0\0", "latin1")],
    ["document application/pdf", bytesOf("%PDF-1.7\nall ascii")],
    ["document application/rtf", bytesOf("{\\rtf1\\ansi hello}")],
    ["series application/x-mcap", Buffer.from("\x89MCAP0\r\n\x01", "latin1")],
    ["series application/x-rosbag", bytesOf("#ROSBAG V2.0\n")],
    ["bytes application/gzip", gzipSync("hello")],
    ["bytes application/octet-stream", Buffer.from([0, 1, 2, 3, 4, 5])],
    ["text text/plain", bytesOf("Grüße, 世界\n")],
    ["text text/plain", bytesOf("a < b, [see 1]")],
    ["text text/plain", bytesOf('{"a":1}\n{"a":2}\n')],
    ["text text/plain", Buffer.from("\ufeffUTF-16 text", "utf16le")],
    ["text application/json", bytesOf(' {"a": [1, 2]}\n')],
    ["text application/xml", bytesOf('<?xml version="1.0"?><feed></feed>')],
    ["text text/html", bytesOf("\ufeff\n<!-- saved --><!DOCTYPE html><p>hi")],
    ["text text/html", Buffer.from("\ufeff<html><body>hi", "utf16le")],
    ["text text/html", bytesOf('<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html/>')],
    ["document image/svg+xml", bytesOf('<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>')],
    [
      "document image/svg+xml",
      bytesOf('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd" [<!ENTITY a "b">]><svg/>'),
    ],
    // Latin-1: text by its bytes, in an encoding that decoding will refuse with the offset.
    ["text text/plain", Buffer.from("caf\xe9 au lait", "latin1")],
  ])("tells %s by content", async (expected, bytes) => {
    expect(await sniffWhole(bytes)).toBe(expected);
  });

  it("answers without a promise for the common images and for text", () => {
    expect(sniffMediaType(Buffer.from([0xff, 0xd8, 0xff]), true)).not.toBeInstanceOf(Promise);
    expect(sniffMediaType(bytesOf("words"), true)).not.toBeInstanceOf(Promise);
  });

  it("takes a head that is cut anywhere inside of text for text", () => {
    const text = bytesOf("aé世😀".repeat(50));
    for (let end = 1; end <= text.length; end++) {
      expect(sniffMediaType(text.subarray(0, end), false)).toMatchObject({ kind: "text" });
    }
  });

  it("gives an answer for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (bytes, isWhole) => {
        expect((await sniffMediaType(bytes, isWhole)).mediaType).toMatch(/^[\w.+-]+\/[\w.+;= -]+$/);
      }),
    );
  });
});

const media = new URL("../../../shared/media/", import.meta.url);
describe.skipIf(!existsSync(media))("sniffMediaType on real media (skipped without ../shared/media)", () => {
  const kinds: { readonly [folder: string]: string } = { images: "image", audio: "audio", video: "video" };
  it.each(Object.keys(kinds))("recognises every file in %s by its head", async (folder) => {
    const names = readdirSync(new URL(`${folder}/`, media));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const head = readFileSync(new URL(`${folder}/${name}`, media)).subarray(0, sniffedHeadBytes);
      const { kind } = await sniffMediaType(head, false);
      expect(`${name} ${kind}`).toBe(`${name} ${name.endsWith(".svg") ? "document" : kinds[folder]}`);
    }
  });
});
