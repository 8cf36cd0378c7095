import { EventEmitter, once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { CachedCheck } from "../../src/server/cached-check.ts";

/** A check whose every question the test answers; `settled` resolves once an answer was taken. */
function questioned(options: { timeoutSeconds: number; graceSeconds: number }) {
  const asked = new EventEmitter();
  let answer: (error?: Error) => void = () => undefined;
  let questions = 0;
  const check = new CachedCheck({
    everySeconds: 0.01,
    ...options,
    ask: () =>
      new Promise<void>((resolve, reject) => {
        questions++;
        answer = (error) => (error === undefined ? resolve() : reject(error));
        asked.emit("question");
      }),
  });
  onTestFinished(() => check.stop());
  return {
    check,
    start: async () => {
      const question = once(asked, "question");
      check.start();
      await question;
    },
    /** Answers, and waits until the next question shows that the answer was taken. */
    answer: async (error?: Error) => {
      const next = once(asked, "question");
      answer(error);
      await next;
    },
    get questions() {
      return questions;
    },
  };
}

test("nothing is known before the first answer, and then what it said", async () => {
  const { check, start, answer } = questioned({ timeoutSeconds: 60, graceSeconds: 60 });
  await start();
  expect(check.result).toMatchObject({ status: "fail", output: "there was no answer yet", milliseconds: undefined });
  await answer();
  expect(check.result).toMatchObject({ status: "pass", output: undefined });
  expect(check.result.milliseconds).toBeGreaterThanOrEqual(0);
});

test("after an answer a failure warns until the time of grace is over, and one without any answer before fails", async () => {
  const patient = questioned({ timeoutSeconds: 60, graceSeconds: 60 });
  await patient.start();
  await patient.answer(new Error("no route"));
  expect(patient.check.result).toMatchObject({ status: "fail", output: "no route" });
  await patient.answer();
  await patient.answer(new Error("no route"));
  expect(patient.check.result).toMatchObject({ status: "warn", output: "no route" });
  await patient.answer();
  expect(patient.check.result.status).toBe("pass");
  const strict = questioned({ timeoutSeconds: 60, graceSeconds: 0 });
  await strict.start();
  await strict.answer();
  await strict.answer(new Error("no route"));
  expect(strict.check.result.status).toBe("fail");
});

test("a question that is not answered counts as none after its time-out, and is not asked twice", async () => {
  const hanging = questioned({ timeoutSeconds: 0.02, graceSeconds: 60 });
  await hanging.start();
  await hanging.answer();
  await expect.poll(() => hanging.check.result.output).toBe("no answer within 0.02 s");
  expect(hanging.check.result.status).toBe("warn");
  expect(hanging.questions).toBe(2);
});
