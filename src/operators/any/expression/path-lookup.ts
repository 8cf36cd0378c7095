import { isJsonObject, type Json } from "../../../model/json.ts";
import type { Attributes } from "../../../model/sample.ts";
import type { Node } from "./parse.ts";

type Path = Extract<Node, { kind: "path" }>;

/** Looks an attribute up; undefined where it, or what is asked for inside of it, is missing. */
export function pathLookup(node: Path): (attributes: Attributes) => Json | undefined {
  const { name, keys } = node;
  if (keys.length === 0) {
    // Only a name that every object inherits needs the slower question.
    if (name in Object.prototype)
      return (attributes) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined);
    return (attributes) => attributes[name];
  }
  return (attributes) => {
    let value: Json | undefined = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    for (const key of keys) value = member(value, key);
    return value;
  };
}

function member(value: Json | undefined, key: string | number): Json | undefined {
  if (typeof key === "number") return Array.isArray(value) ? value[key] : undefined;
  return value !== undefined && isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
