import { createHmac, hash } from "node:crypto";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

const noBody = hash("sha256", "");

/**
 * Signs requests without a body by AWS Signature Version 4, header form. The key of a day is kept, which leaves two
 * hashes a request.
 */
export class S3Signer {
  #key: Buffer = Buffer.alloc(0);
  #keyFor = "";
  #second = -1;
  #stamp = "";

  /**
   * The headers to send, `headers` and the signature's own. `path` as it is sent, percent-encoded; `extra` are further
   * `x-amz-` headers in order of their names, all in lower case.
   */
  signedHeaders(
    request: { readonly host: string; readonly path: string; readonly extra: readonly (readonly [string, string])[] },
    credentials: S3Credentials,
    region: string,
    now: number,
  ): Record<string, string> {
    const stamp = this.#stampOf(now);
    const day = stamp.slice(0, 8);
    const signed: (readonly [string, string])[] = [
      ["host", request.host],
      ...request.extra,
      ["x-amz-content-sha256", noBody],
      ["x-amz-date", stamp],
    ];
    if (credentials.sessionToken !== undefined) signed.push(["x-amz-security-token", credentials.sessionToken]);
    signed.sort(([a], [b]) => (a < b ? -1 : 1));
    const names = signed.map(([name]) => name).join(";");
    const lines = signed.map(([name, value]) => `${name}:${value}\n`).join("");
    const scope = `${day}/${region}/s3/aws4_request`;
    const canonical = `GET\n${request.path}\n\n${lines}\n${names}\n${noBody}`;
    const signature = createHmac("sha256", this.#keyOf(credentials, day, region))
      .update(`AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash("sha256", canonical)}`)
      .digest("hex");
    const headers: Record<string, string> = Object.fromEntries(signed);
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return headers;
  }

  /** `20260131T235959Z` */
  #stampOf(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#stamp = `${new Date(second * 1000).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
    }
    return this.#stamp;
  }

  #keyOf({ accessKeyId, secretAccessKey }: S3Credentials, day: string, region: string): Buffer {
    const keyFor = `${accessKeyId}\n${secretAccessKey}\n${day}\n${region}`;
    if (keyFor !== this.#keyFor) {
      const steps = [day, region, "s3", "aws4_request"];
      this.#key = steps.reduce<Buffer>(
        (key, step) => createHmac("sha256", key).update(step).digest(),
        Buffer.from(`AWS4${secretAccessKey}`),
      );
      this.#keyFor = keyFor;
    }
    return this.#key;
  }
}
