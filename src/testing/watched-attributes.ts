import type { Attributes } from "../model/sample.ts";

/**
 * Attributes that note which of them are looked at one by one. Copying them all (`{ ...attributes }`)
 * is no reading: what a copy is used for shows when values change.
 */
export function watchAttributes(attributes: Attributes, noteRead: (name: string) => void): Attributes {
  let copying: string[] = [];
  const isCopyStep = (name: string): boolean => {
    // Listing names takes the descriptors alone: then the step before ended without a value.
    if (copying[1] === name) copying.shift();
    if (copying[0] === name) return true;
    copying = [];
    return false;
  };
  return new Proxy(attributes, {
    ownKeys(target) {
      const keys = Reflect.ownKeys(target);
      copying = keys.filter((key) => typeof key === "string");
      return keys;
    },
    // A copy asks for each descriptor and then for its value, in the order of the keys.
    getOwnPropertyDescriptor(target, key) {
      if (typeof key === "string" && !isCopyStep(key)) noteRead(key);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
    has(target, key) {
      if (typeof key === "string") noteRead(key);
      return Reflect.has(target, key);
    },
    get(target, key) {
      if (typeof key === "string") {
        if (isCopyStep(key)) copying.shift();
        else noteRead(key);
      }
      return Reflect.get(target, key);
    },
  });
}
