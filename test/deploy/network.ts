import { z } from "zod";
import type { Rendered } from "./manifests.ts";

/** A pod as policies see it. */
export interface Endpoint {
  readonly labels: { readonly [name: string]: string };
  readonly namespaceLabels: { readonly [name: string]: string };
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()).default({}) });
const peer = z.strictObject({ podSelector: selector.optional(), namespaceSelector: selector.optional() });
const ports = z
  .array(z.strictObject({ protocol: z.enum(["TCP", "UDP"]), port: z.union([z.string(), z.number()]) }))
  .optional();
const policySchema = z.object({
  spec: z.strictObject({
    podSelector: selector,
    policyTypes: z.array(z.enum(["Ingress", "Egress"])),
    ingress: z.array(z.strictObject({ from: z.array(peer).optional(), ports })).default([]),
    egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports })).default([]),
  }),
});
type Selector = z.output<typeof selector>;

const selects = ({ matchLabels }: Selector, labels: Endpoint["labels"]) =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value);

function isPeer(peers: readonly z.output<typeof peer>[] | undefined, one: Endpoint, from: Endpoint): boolean {
  if (peers === undefined) return true;
  return peers.some(({ podSelector, namespaceSelector }) => {
    const namespace =
      namespaceSelector === undefined
        ? one.namespaceLabels === from.namespaceLabels
        : selects(namespaceSelector, one.namespaceLabels);
    return namespace && (podSelector === undefined || selects(podSelector, one.labels));
  });
}

/** Whether the policies of what was rendered let one pod open a connection to another, or to the world outside. */
export function connectionRule({ objects }: Rendered) {
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy").map((one) => policySchema.parse(one).spec);
  const own = (pod: Endpoint, type: "Ingress" | "Egress") =>
    policies.filter(({ podSelector, policyTypes }) => policyTypes.includes(type) && selects(podSelector, pod.labels));
  const hasPort = (list: z.output<typeof ports>, to: Endpoint, port: number, protocol: "TCP" | "UDP") =>
    list === undefined ||
    list.some((one) => {
      const number =
        typeof one.port === "number" ? one.port : to.ports.find(({ name }) => name === one.port)?.containerPort;
      return number === port && one.protocol === protocol;
    });
  return (from: Endpoint, to: Endpoint, port: number, protocol: "TCP" | "UDP" = "TCP"): boolean => {
    const out = own(from, "Egress");
    const into = own(to, "Ingress");
    const mayLeave = out.some(({ egress }) =>
      egress.some((rule) => isPeer(rule.to, to, from) && hasPort(rule.ports, to, port, protocol)),
    );
    const mayEnter = into.some(({ ingress }) =>
      ingress.some((rule) => isPeer(rule.from, from, to) && hasPort(rule.ports, to, port, protocol)),
    );
    return (out.length === 0 || mayLeave) && (into.length === 0 || mayEnter);
  };
}
