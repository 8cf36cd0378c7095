import { PipelineError } from "../model/errors.ts";

const blockBytes = 512;
const longestNameBytes = 100;
/** What eleven octal digits can say. */
const largestMemberBytes = 8 * 1024 ** 3 - 1;
const zeros = Buffer.alloc(2 * blockBytes);

const template = headerTemplate();
const templateSum = template.reduce((sum, byte) => sum + byte, 0);

/** What ends an archive: two zero blocks. */
export const endOfArchive: Uint8Array = zeros;

/** Size of a member in the archive, header and padding included. */
export function memberBytes(bodyBytes: number): number {
  return blockBytes + bodyBytes + paddingBytes(bodyBytes);
}

/** The zeros behind a body of this size. */
export function padding(bodyBytes: number): Uint8Array {
  return zeros.subarray(0, paddingBytes(bodyBytes));
}

/**
 * Header of a regular file, POSIX.1-1988 ustar: mode 0644, owner 0, time 0, so that equal members
 * give equal bytes. `name` is at most 100 ASCII bytes; throws SAMPLE_TOO_LARGE from 8 GiB on.
 */
export function memberHeader(name: string, bodyBytes: number): Uint8Array {
  if (bodyBytes > largestMemberBytes) {
    throw new PipelineError("SAMPLE_TOO_LARGE", `${name} has ${bodyBytes} bytes: a tar member holds less than 8 GiB`, {
      details: { member: name, bytes: bodyBytes },
    });
  }
  if (name.length > longestNameBytes) {
    throw new PipelineError(
      "SAMPLE_UNSUPPORTED",
      `the tar member name ${JSON.stringify(name)} has ${name.length} bytes: expected at most ${longestNameBytes}`,
      { details: { member: name } },
    );
  }
  const header = Buffer.allocUnsafe(blockBytes);
  header.set(template);
  let sum = templateSum;
  for (let i = 0; i < name.length; i++) {
    const byte = name.charCodeAt(i);
    header[i] = byte;
    sum += byte;
  }
  sum += writeOctal(header, 124, 11, bodyBytes);
  writeOctal(header, 148, 6, sum);
  header[154] = 0;
  return header;
}

function paddingBytes(bodyBytes: number): number {
  return (blockBytes - (bodyBytes % blockBytes)) % blockBytes;
}

/** Writes a number with leading zeros; answers the sum of the characters written, for the checksum. */
function writeOctal(header: Buffer, offset: number, digits: number, value: number): number {
  let sum = 0;
  let rest = value;
  for (let at = offset + digits - 1; at >= offset; at--) {
    const digit = rest % 8;
    header[at] = 0x30 + digit;
    sum += 0x30 + digit;
    rest = (rest - digit) / 8;
  }
  return sum;
}

/** Everything but name, size and checksum; the checksum field counts as spaces while it is computed. */
function headerTemplate(): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write("0000644\0", 100, "latin1");
  header.write("0000000\0", 108, "latin1");
  header.write("0000000\0", 116, "latin1");
  header.write("00000000000\0", 136, "latin1");
  header.fill(0x20, 148, 156);
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write("0000000\0", 329, "latin1");
  header.write("0000000\0", 337, "latin1");
  return header;
}
