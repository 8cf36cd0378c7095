/** The Node that the project pins. */
export const pinnedNode: string;
/** Makes node_modules what package-lock.json says. Quiet when it is already. */
export function setup(): void;
/** Undefined when every locked package is installed in `folder` at its locked version. */
export function whyInstall(folder: string): string | undefined;
