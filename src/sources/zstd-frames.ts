/**
 * Follows the frames of a Zstandard stream (RFC 8878, section 3) without decompressing it. Node's
 * decompressor (22.23) takes a truncated stream for a whole one, and drops what follows a frame inside of one
 * chunk; with the frames' borders known, neither goes unnoticed.
 */
export class ZstdFrameFollower {
  /** What the next bytes are. */
  private expecting: "magic" | "descriptor" | "block-header" | "skippable-size" | "skip" = "magic";
  private readonly pending = new Uint8Array(4);
  private pendingLength = 0;
  private toSkip = 0;
  private afterSkip: "magic" | "block-header" = "magic";
  private hasChecksum = false;
  private isUnknown = false;

  /** True when everything that began has ended. */
  get isComplete(): boolean {
    return this.isUnknown || (this.expecting === "magic" && this.pendingLength === 0);
  }

  /** Takes the next bytes and cuts them behind every frame that ends in them. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let cut = 0;
    const cutAt = (end: number) => {
      if (this.isComplete && end > cut) pieces.push(chunk.subarray(cut, end));
      if (this.isComplete) cut = end;
    };
    for (let at = 0; at < chunk.byteLength && !this.isUnknown; ) {
      if (this.expecting === "skip") {
        const skipped = Math.min(this.toSkip, chunk.byteLength - at);
        this.toSkip -= skipped;
        at += skipped;
        if (this.toSkip === 0) this.expecting = this.afterSkip;
        cutAt(at);
        continue;
      }
      this.pending[this.pendingLength++] = chunk[at++] ?? 0;
      if (this.pendingLength < this.fieldLength()) continue;
      const value = this.takeField();
      this.follow(value);
      cutAt(at);
    }
    if (cut < chunk.byteLength) pieces.push(chunk.subarray(cut));
    return pieces;
  }

  private fieldLength(): number {
    if (this.expecting === "descriptor") return 1;
    return this.expecting === "block-header" ? 3 : 4;
  }

  private takeField(): number {
    let value = 0;
    for (let index = this.pendingLength - 1; index >= 0; index--) value = value * 256 + (this.pending[index] ?? 0);
    this.pendingLength = 0;
    return value;
  }

  private follow(value: number): void {
    switch (this.expecting) {
      case "magic":
        if (value === 0xfd2fb528) this.expecting = "descriptor";
        else if (value >= 0x184d2a50 && value <= 0x184d2a5f) this.expecting = "skippable-size";
        // The decompressor rejects what is no frame; there is nothing to follow here.
        else this.isUnknown = true;
        break;
      case "skippable-size":
        this.skip(value, "magic");
        break;
      case "descriptor":
        this.followDescriptor(value);
        break;
      default:
        this.followBlock(value);
    }
  }

  private followDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.hasChecksum = (descriptor & 0x04) !== 0;
    const dictionaryIdLength = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const contentSizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    this.skip((isSingleSegment ? 0 : 1) + dictionaryIdLength + contentSizeLength, "block-header");
  }

  private followBlock(header: number): void {
    const isLast = (header & 1) !== 0;
    const isRunLength = ((header >> 1) & 3) === 1;
    const length = isRunLength ? 1 : header >> 3;
    this.skip(length + (isLast && this.hasChecksum ? 4 : 0), isLast ? "magic" : "block-header");
  }

  private skip(length: number, afterwards: "magic" | "block-header"): void {
    this.toSkip = length;
    this.afterSkip = afterwards;
    this.expecting = length === 0 ? afterwards : "skip";
  }
}
