/** Changes when the content does, as far as the file system tells. */
export function versionOf(found: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${found.size}-${found.mtimeNs}`;
}
