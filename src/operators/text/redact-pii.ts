import { z } from "zod";
import { filterOptions, partsToLookAt } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import { replaceEmails, replaceIpAddresses } from "../../kernels/text-personal-data.ts";
import { type Sample, withAttributes, withPart } from "../../model/sample.ts";

const options = z.strictObject({
  part: filterOptions.part.describe("Name of the one text to redact. Without it every text is."),
  emails: z.boolean().default(true).describe("Whether email addresses are replaced."),
  ipAddresses: z.enum(["public", "all", "none"]).default("public").describe("Which IPv4 addresses are replaced."),
  emailReplacements: z
    .array(z.string())
    .min(1)
    .default(["email@example.com", "firstname.lastname@example.org"])
    .describe("What stands in for email addresses, in turn."),
  ipReplacements: z
    .array(z.string())
    .min(1)
    .default(["22.214.171.124", "126.96.36.199", "188.8.131.52", "184.108.40.206", "220.127.116.11", "18.104.22.168"])
    .describe("What stands in for IP addresses, in turn."),
});

/**
 * Replaces email addresses and public IPv4 addresses, as PIIFormatter of datatrove 0.10.1 finds them and with
 * its replacements. The turn begins anew in every text, so that the result depends on the text alone (datatrove
 * goes on where the document before stopped). `redactedEmails` and `redactedIpAddresses` count, over all texts.
 */
export const redactPii = defineMap<z.output<typeof options>, z.input<typeof options>>({
  name: "redact-pii",
  summary: "Replaces email addresses and public IP addresses in text.",
  modality: "text",
  reference: "datatrove 0.10.1 PIIFormatter",
  options,
  signature: () => ({ reads: [], writes: ["redactedEmails", "redactedIpAddresses"], parts: ["text"] }),
  dropReasons: () => [],
  async open(chosen) {
    return {
      apply(sample: Sample): Outcome {
        let redacted = sample;
        let emails = 0;
        let addresses = 0;
        const parts = partsToLookAt(sample, ["text"], chosen.part);
        for (const part of parts) {
          if (part.kind !== "text") continue;
          let text = part.text;
          if (chosen.emails) {
            const replaced = replaceEmails(text, chosen.emailReplacements);
            text = replaced.text;
            emails += replaced.count;
          }
          if (chosen.ipAddresses !== "none") {
            const replaced = replaceIpAddresses(text, chosen.ipReplacements, chosen.ipAddresses === "public");
            text = replaced.text;
            addresses += replaced.count;
          }
          if (text !== part.text) redacted = withPart(redacted, { ...part, text });
        }
        if (parts.length === 0) return { kind: "keep", sample };
        const counts = { redactedEmails: emails, redactedIpAddresses: addresses };
        return { kind: "keep", sample: withAttributes(redacted, counts) };
      },
    };
  },
});
