/** Where the bytes of a GET go as they arrive, over however many attempts. */
export interface ReceivedBytes {
  readonly received: number;
  /** How many there will be in all; undefined until that is known. */
  readonly expected: number | undefined;
  expect(bytes: number): void;
  /** False when there are more than expected; then nothing is taken. */
  take(chunk: Buffer): boolean;
  /** Resolves when more is welcome; undefined when it is now. What comes nevertheless is taken. */
  room(): Promise<void> | undefined;
  /**
   * Whether they are what S3's checksum of the whole object says: the big-endian CRC-32 in Base64. When they are not,
   * they are forgotten, so that they can be received again.
   */
  isIntact(checksum: string): boolean;
}
