import { bytesContent } from "../../src/model/content.ts";
import type { MediaKind, Part, Sample } from "../../src/model/sample.ts";
import { drawPattern, imagePattern } from "../fixtures/image-pattern.ts";

const english = `The committee met in the small library of the town to discuss how the old bridge should be repaired.
Several people who live near the river said that they use it every day and that they would have to walk for an
hour if it was closed. An engineer explained that the wood has to be replaced before the winter, because the ice
of the last years has damaged it badly. After a long discussion they agreed that the work will begin in June.
You can write to the office with your own ideas, and the members of the committee will read every letter.`;

const html = `<!doctype html><html><head><title>News</title><script>track()</script></head><body><nav>Home</nav>
<article><h1>The bridge</h1>${`<p>${english}</p>`.repeat(3)}</article></body></html>`;

const texts: { readonly [id: string]: { readonly text: string; readonly mediaType?: string } } = {
  english: { text: english },
  german: {
    text: "Der Ausschuss hat sich in der kleinen Bücherei der Stadt getroffen, um über die Brücke zu sprechen.",
  },
  repetitive: { text: "buy now and save\n".repeat(60) },
  placeholder: { text: "Lorem ipsum dolor sit amet { } javascript must be enabled. Terms of use." },
  personal: { text: `${english} Ask jane.doe@example.org, +1 202 555 0143, 8.8.8.8, or card 4111 1111 1111 1111.` },
  odd: { text: "\u0000\ufeffﬁne\u200b  e\u0301\r\n\ud800 🐕‍🦺\t" },
  blank: { text: " \n" },
  empty: { text: "" },
  page: { text: html, mediaType: "text/html" },
  "deep-page": { text: "<div>".repeat(3000), mediaType: "text/html" },
};

const pictures = {
  noise: { pattern: "noise", widthPixels: 300, heightPixels: 200, format: "png" },
  tall: { pattern: "gradient", widthPixels: 60, heightPixels: 400, format: "jpeg" },
  dark: { pattern: "solid", widthPixels: 256, heightPixels: 256, format: "webp", level: 2 },
  checkered: { pattern: "checkerboard", widthPixels: 512, heightPixels: 512, format: "jpeg" },
  truncated: { pattern: "noise", widthPixels: 300, heightPixels: 200, format: "jpeg", bytesKept: 3000 },
  dot: { pattern: "solid", widthPixels: 1, heightPixels: 1, format: "png" },
} as const;

/** Attributes that every sample has: what the options in `operators.test.ts` name. */
const attributes = { title: "abcd", widthPixels: 640, tags: ["a"], language: "en" };

/** Samples of every modality, sound and broken, beside some with several parts, and one with none. */
export async function operatorSamples(): Promise<readonly Sample[]> {
  const written = Object.entries(texts).map(([id, { text, mediaType = "text/plain" }]) =>
    sampleOf(id, [{ kind: "text", name: "text", mediaType, text }]),
  );
  const drawn = await Promise.all(Object.keys(pictures).map(async (id) => sampleOf(id, [await picture(id)])));
  return [
    ...written,
    ...drawn,
    sampleOf("pair", [
      await picture("noise"),
      { kind: "text", name: "caption", mediaType: "text/plain", text: english },
      { kind: "text", name: "alt", mediaType: "text/plain", text: "x" },
    ]),
    sampleOf("two-pictures", [
      { ...(await picture("noise")), name: "front" },
      { ...(await picture("dark")), name: "back" },
    ]),
    sampleOf("html-document", [media("document", "text/html", new TextEncoder().encode(html))]),
    sampleOf("html-not-utf8", [media("document", "text/html", Uint8Array.of(0x3c, 0x70, 0x3e, 0xff, 0xfe, 0x80))]),
    sampleOf("sound", [media("audio", "audio/wav", wave())]),
    sampleOf("broken-film", [media("video", "video/mp4", Uint8Array.of(0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70))]),
    sampleOf("no-picture", [media("image", "image/jpeg", new Uint8Array(0))]),
    sampleOf("blob", [media("bytes", "application/octet-stream", Uint8Array.of(1, 2, 3))]),
    sampleOf("vector", [{ kind: "embedding", name: "embedding", values: Float32Array.of(0.5, -1) }]),
    sampleOf("nothing", []),
    {
      ...sampleOf("bare-text", [{ kind: "text", name: "text", mediaType: "text/plain", text: english }]),
      attributes: {},
    },
  ];
}

function sampleOf(id: string, parts: readonly Part[]): Sample {
  return { id, parts, attributes };
}

function media(kind: MediaKind, mediaType: string, bytes: Uint8Array): Part {
  return { kind, name: kind, mediaType, content: bytesContent(bytes) };
}

async function picture(id: string): Promise<Part> {
  const options = imagePattern.parse(Object.entries(pictures).find(([name]) => name === id)?.[1]);
  return media("image", `image/${options.format}`, await drawPattern(options));
}

/** A tenth of a second of silence: RIFF, 8 kHz, 8 bit, mono. */
function wave(): Uint8Array {
  const frames = 800;
  const bytes = Buffer.alloc(44 + frames, 128);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + frames, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(frames, 40);
  return Uint8Array.from(bytes);
}
