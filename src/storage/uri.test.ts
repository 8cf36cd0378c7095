import { expect, test } from "vitest";
import { joinUri, parentUri, relativeUri, resolveUri, shownUri } from "./uri.ts";

test("what stands behind s3:// is a key as it is; only slashes at the end go", () => {
  expect(resolveUri("s3://bucket/a b/ü%20#?.txt", "/base")).toBe("s3://bucket/a b/ü%20#?.txt");
  expect(resolveUri("S3://bucket/out//", "/base")).toBe("s3://bucket/out");
  expect(resolveUri("s3://bucket/", "/base")).toBe("s3://bucket");
  expect(resolveUri("./a", "/base")).toBe("/base/a");
  expect(resolveUri("file:///a%20b", "/base")).toBe("/a b");
});

test("names join folders and part from them again", () => {
  for (const folder of ["s3://bucket", "s3://bucket/a b%", "/data"]) {
    for (const name of ["x", "x/ü %20/#?.jpg"]) {
      expect(relativeUri(folder, joinUri(folder, name))).toBe(name);
      expect(relativeUri(parentUri(joinUri(folder, "x")), joinUri(folder, name))).toBe(name);
    }
    expect(() => joinUri(folder, "../x")).toThrow("points outside of");
  }
  expect(relativeUri("s3://bucket/out", "s3://bucket/output/x")).toBe("s3://bucket/output/x");
});

test("the query of a web address is no part of its name, and is not shown", () => {
  const uri = "https://host/folder/a.jsonl.gz?sig=a/b&x=1#part";
  expect(relativeUri(parentUri(uri), uri)).toBe("a.jsonl.gz");
  expect(shownUri(uri)).toBe("https://host/folder/a.jsonl.gz?…");
  expect(shownUri("https://user:hush@host/a")).toBe("https://…@host/a");
  expect(shownUri("s3://bucket/a?b")).toBe("s3://bucket/a?b");
});
