import type { HeaderBytes } from "./image-header.ts";

/** Whether an ICC profile describes itself as sRGB: its pixels then need no conversion. */
export function isSrgbProfile(profile: HeaderBytes): boolean {
  const tags = profile.u32(128);
  for (let tag = 0; tag < Math.min(tags, 100); tag++) {
    const entry = 132 + tag * 12;
    if (!profile.has(entry, "desc")) continue;
    const offset = profile.u32(entry + 4);
    if (profile.has(offset, "desc")) return profile.has(offset + 12, "sRGB");
    if (!profile.has(offset, "mluc")) return false;
    const text = offset + profile.u32(offset + 24);
    return Array.from("sRGB").every((letter, index) => profile.u16(text + index * 2) === letter.charCodeAt(0));
  }
  return false;
}
