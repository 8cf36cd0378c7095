import type { PartKind } from "../model/sample.ts";

/** What content turned out to be. */
export interface SniffedType {
  readonly kind: Exclude<PartKind, "embedding">;
  /** IANA media type, or the usual `x-` name where none is registered. */
  readonly mediaType: string;
  /** Usual file extension without its dot. */
  readonly extension: string;
}
