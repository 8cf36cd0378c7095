/** What workers load to know the same components; beside this file's parent, with the same suffix as this file. */
export const catalogModule = new URL(
  import.meta.url.endsWith(".ts") ? "../builtin-catalog.ts" : "../builtin-catalog.js",
  import.meta.url,
);
