import { PipelineError } from "../model/errors.ts";

/** Remembers the ids of one split, which is what bounds it. */
export class UniqueIds {
  private readonly seen = new Set<string>();

  /** Throws ID_NOT_UNIQUE when the id was claimed before. */
  claim(id: string, where: string): void {
    if (this.seen.has(id)) {
      throw new PipelineError("ID_NOT_UNIQUE", `${where} has the id ${JSON.stringify(id)} of an earlier sample`, {
        details: { id },
      });
    }
    this.seen.add(id);
  }
}
