import { expect, test } from "vitest";
import { plainOutput, withPlainOutput } from "./plain-output.ts";

const environment = { AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG", HOME: "/home/somebody" };

test("what is shown to whoever asks holds no secret of the environment and none that an address carries", () => {
  const plain = plainOutput(environment);
  const shown = plain(
    "STORAGE_FAILED: https://me:hunter2hunter2@host/x signed with wJalrXUtnFEMI/K7MDENG in /home/somebody",
  );
  expect(shown).not.toMatch(/hunter2|wJalr/);
  expect(shown).toMatch(/^STORAGE_FAILED: https:.*host\/x signed with .* in \/home\/somebody$/);
});

test("it is one line of bounded length, and entries without a message stay as they are", () => {
  const plain = plainOutput({});
  expect(plain("one\n  two\tthree")).toBe("one two three");
  expect(plain("x".repeat(10_000))).toHaveLength(500);
  const entry = { componentType: "system", status: "pass", time: "" } as const;
  expect(withPlainOutput({ a: [entry], b: [{ ...entry, output: "c\nd" }] }, plain)).toEqual({
    a: [entry],
    b: [{ ...entry, output: "c d" }],
  });
});
