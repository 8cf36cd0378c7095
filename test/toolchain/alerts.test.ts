import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { metricTopics } from "../../src/telemetry/metric-definitions.ts";
import { missingPromtool, runPromtool } from "../fixtures/promtool.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const rulesFile = `${root}deploy/monitoring/alerts.yaml`;

const rules = z
  .strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string(),
            expr: z.string(),
            for: z.string().optional(),
            labels: z.strictObject({ severity: z.enum(["info", "warning", "critical"]) }),
            annotations: z.strictObject({ summary: z.string().min(1), runbook_url: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(readFileSync(rulesFile, "utf8")))
  .groups.flatMap((group) => group.rules);

test.each(rules)("$alert has a runbook, and asks for metrics that exist", ({ alert, expr, annotations }) => {
  const [page = "", heading] = annotations.runbook_url.split("#");
  expect(existsSync(root + page)).toBe(true);
  expect(heading).toBe(alert.toLowerCase());
  expect(readFileSync(root + page, "utf8")).toContain(`\n## ${alert}\n`);
  const known = metricTopics.flatMap(({ metrics }) => metrics.map(({ name }) => name));
  const asked = expr.match(/pipeline_\w+/g) ?? [];
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name) => !known.includes(name))).toEqual([]);
});

test("every alert fires and keeps quiet when it should", (context) => {
  if (missingPromtool !== undefined) return context.skip(missingPromtool);
  const { status, said } = runPromtool(["test", "rules", `${root}deploy/monitoring/alerts.test.yaml`]);
  expect(status, said).toBe(0);
  const tested = readFileSync(`${root}deploy/monitoring/alerts.test.yaml`, "utf8");
  for (const { alert } of rules) expect(tested).toContain(`alertname: ${alert}`);
});
