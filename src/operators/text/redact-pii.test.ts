import { expect, test } from "vitest";
import { opened, sampleOf, textSample, textsOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { redactPii } from "./redact-pii.ts";

test("keeps the promises of an operator", async () => {
  const samples = ["a@b.cd", "", "no data", "8.8.8.8"].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  expect(await checkOperator(redactPii, { samples })).toMatchObject({ kept: 4 });
});

test("replaces in turn, beginning anew in every text, and counts", async () => {
  const apply = await opened(redactPii, { emailReplacements: ["E1", "E2"], ipReplacements: ["I1"] });
  const outcome = await apply(textSample("a@b.cd, x.y+z@mail.example.org; u@v.w 8.8.8.8 10.0.0.1", "q@r.st"));
  expect(textsOf(outcome)).toEqual(["E1, E2; E1 I1 10.0.0.1", "E1"]);
  expect(sampleOf(outcome).attributes).toEqual({ origin: "test", redactedEmails: 4, redactedIpAddresses: 1 });
});

test("each kind can be left alone", async () => {
  const text = "a@b.cd 8.8.8.8 10.0.0.1 08.8.8.8";
  const redacted = async (options: object) => textsOf(await (await opened(redactPii, options))(textSample(text)))[0];
  expect(await redacted({ emails: false })).toBe("a@b.cd 22.214.171.124 10.0.0.1 08.8.8.8");
  expect(await redacted({ ipAddresses: "none" })).toBe("email@example.com 8.8.8.8 10.0.0.1 08.8.8.8");
  expect(await redacted({ ipAddresses: "all", ipReplacements: ["I"] })).toBe("email@example.com I I 08.8.8.8");
});

test("special-purpose networks are not public", async () => {
  const apply = await opened(redactPii, { ipReplacements: ["P"] });
  const special =
    "0.0.0.1 100.64.0.1 127.0.0.1 169.254.0.1 172.31.0.1 192.0.0.8 192.0.2.1 192.168.0.1 198.19.0.1 198.51.100.1 203.0.113.1 255.255.255.255";
  expect(textsOf(await apply(textSample(special)))[0]).toBe(special);
  const open =
    "1.0.0.1 100.63.0.1 100.128.0.1 169.253.0.1 172.32.0.1 192.0.0.9 192.0.3.1 192.167.0.1 198.20.0.1 203.0.114.1 224.0.0.1";
  expect(textsOf(await apply(textSample(open)))[0]).toBe(open.replace(/\S+/g, "P"));
});

test("a million characters that nearly match take linear time", async () => {
  const apply = await opened(redactPii, {});
  for (const unit of ["a!", "a.", "a@", "@[", "1.1.", "a@b-"]) {
    const text = unit.repeat(1_000_000 / unit.length);
    expect(textsOf(await apply(textSample(text)))[0]?.length).toBeGreaterThan(0);
  }
});
