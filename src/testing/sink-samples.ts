import type { EncodedPart, EncodedSample } from "../contract/sink.ts";
import type { Attributes } from "../model/sample.ts";

/** Names that break what is careless with them. */
export const hostileNames: readonly string[] = [
  "../../etc/passwd",
  "/absolute",
  "..",
  ".",
  "a/b\\c",
  "with space",
  "New\nline",
  "quote\"and'",
  "日本語",
  "🙂",
  "ÄÖÜ",
  "id",
  "attributes",
  "json",
  "__proto__",
  "constructor",
  "part.id",
  "a.b.c",
  ".hidden",
  "Text",
  "text",
  "TEXT",
  "x".repeat(300),
  `${"x".repeat(300)}y`,
  "nul\0byte",
  "\udc80",
];

/** Ordinary samples: text, an image, an embedding, nested attributes; the same at every call. */
export function plainSamples(count: number, needsBytes: boolean): readonly EncodedSample[] {
  return Array.from({ length: count }, (_, i) => {
    const parts: EncodedPart[] = [
      { kind: "text", name: "caption", mediaType: "text/plain", text: `Caption ${i}: Grüße, 🙂\n` },
      mediaPart("image", noise(2000 + (i % 700), i), needsBytes),
    ];
    if (i % 3 === 0) parts.push({ kind: "embedding", name: "embedding", values: Float32Array.from([i, -0.5, 1e-7]) });
    if (i % 50 === 49) parts.length = 0;
    return sample(i, `photos/${i}.jpg`, parts, {
      width: 640 + i,
      score: i / 7,
      isSharp: i % 2 === 0,
      ...(i % 4 === 0 ? { labels: ["a", `b${i}`] } : {}),
      ...(i % 5 === 0 ? { box: { x: i, y: null } } : {}),
    });
  });
}

/** Samples with ids, part names, media types and sizes that nobody expects. */
export function hostileSamples(needsBytes: boolean): readonly EncodedSample[] {
  const texts = hostileNames.map(
    (name): EncodedPart => ({ kind: "text", name, mediaType: "text/plain", text: `text of ${name}` }),
  );
  const media = hostileNames.map((name) => mediaPart(name, noise(10, name.length), needsBytes));
  return [
    ...hostileNames.map((id, i) => sample(i, id, [], {})),
    sample(100, "many texts", texts, Object.fromEntries(hostileNames.map((name, i) => [name, i]))),
    sample(101, "many media", media, {}),
    sample(
      102,
      "empty content",
      [
        { kind: "text", name: "text", mediaType: "text/html", text: "" },
        mediaPart("image", new Uint8Array(0), needsBytes),
        { kind: "embedding", name: "embedding", values: new Float32Array(0) },
      ],
      {},
    ),
    sample(103, "large", [mediaPart("image", noise(3_000_000, 1), true)], { text: "x".repeat(1_000_000) }),
    sample(
      104,
      "odd types",
      [
        { ...mediaPart("a", noise(5, 2), needsBytes), mediaType: "../x/y" },
        { ...mediaPart("b", noise(5, 3), needsBytes), mediaType: "" },
      ],
      { deep: [[[{ a: [1, "2", null, true] }]]], huge: 1e308, tiny: -0 },
    ),
  ];
}

function sample(position: number, id: string, parts: readonly EncodedPart[], attributes: Attributes): EncodedSample {
  return { id, key: `000003${String(position).padStart(8, "0")}`, parts, attributes };
}

type MediaPart = Exclude<EncodedPart, { readonly kind: "text" | "embedding" }>;

function mediaPart(name: string, bytes: Uint8Array, hasBytes: boolean): MediaPart {
  const reference = { uri: "/input/photos.tar", range: { offset: 512, length: bytes.byteLength } };
  return { kind: "image", name, mediaType: "image/jpeg", reference, ...(hasBytes ? { bytes } : {}) };
}

/** Bytes that do not compress, from a xorshift32 generator. */
function noise(length: number, seed: number): Uint8Array {
  let state = (seed + 1) * 2_654_435_761;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}
