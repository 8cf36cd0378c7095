import { entryModule } from "../model/package-files.ts";

/** What workers load to know the same components. */
export const catalogModule = entryModule("builtin-catalog");
