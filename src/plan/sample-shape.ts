import type { Signature } from "../contract/operator.ts";
import type { Production } from "../contract/source.ts";
import { type PartKind, partKinds } from "../model/sample.ts";

/** What is known of the samples that reach a step. */
export interface SampleShape {
  /** Attributes that they have. */
  readonly attributes: ReadonlySet<string>;
  /** True when they can have attributes that only the input, or a step that is not understood, knows. */
  readonly isOpen: boolean;
  /** Attributes that they had once, with the step that removed each. */
  readonly removedBy: ReadonlyMap<string, string>;
  /** The step that removed what only the input knew of. */
  readonly closedBy: string | undefined;
  readonly parts: ReadonlySet<PartKind>;
}

export const unknownShape: SampleShape = {
  attributes: new Set(),
  isOpen: true,
  removedBy: new Map(),
  closedBy: undefined,
  parts: new Set(partKinds),
};

export function shapeOfProduction(production: Production): SampleShape {
  return {
    attributes: new Set(production.attributes),
    isOpen: production.isOpen,
    removedBy: new Map(),
    closedBy: undefined,
    parts: new Set(production.parts),
  };
}

/** The shape of what a step leaves behind; `step` is how messages call it. */
export function shapeAfter(shape: SampleShape, signature: Signature, step: string): SampleShape {
  const attributes = new Set(shape.attributes);
  const removedBy = new Map(shape.removedBy);
  const read = new Set([...signature.reads, ...(signature.readsIfPresent ?? [])]);
  const isClosing = signature.removes === "unread";
  const removed = isClosing ? [...attributes].filter((name) => !read.has(name)) : (signature.removes ?? []);
  for (const name of removed) {
    attributes.delete(name);
    removedBy.set(name, step);
  }
  // What a step reads without failing is there, also where only the input knew of it.
  for (const name of signature.reads) if (!removed.includes(name)) attributes.add(name);
  if (isClosing && shape.isOpen) for (const name of signature.readsIfPresent ?? []) attributes.add(name);
  for (const name of signature.writes) {
    attributes.add(name);
    removedBy.delete(name);
  }
  return {
    attributes,
    isOpen: shape.isOpen && !isClosing,
    removedBy,
    closedBy: isClosing && shape.isOpen ? step : shape.closedBy,
    parts: new Set([...shape.parts, ...(signature.addsParts ?? [])]),
  };
}
