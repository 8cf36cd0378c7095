import { expect, test } from "vitest";
import { parsePeers } from "./peer-environments.ts";

test("a line of peers.txt is an environment and what goes into it", () => {
  expect(parsePeers("# peers\n\nmedia  a==1 b[c]==2\n s3 boto3==1.2 \n")).toEqual([
    { name: "media", requirements: ["a==1", "b[c]==2"] },
    { name: "s3", requirements: ["boto3==1.2"] },
  ]);
});
