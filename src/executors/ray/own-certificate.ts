import { webcrypto } from "node:crypto";
import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";

const dayMilliseconds = 86_400_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256" };

/** A key that lives as long as this process, and a certificate for it that says nothing of whose it is. PEM, both. */
export async function ownCertificate(): Promise<{ readonly key: string; readonly certificate: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=multimodal-pipeline",
      // Clocks of a cluster differ, and a run may take weeks.
      notBefore: new Date(Date.now() - dayMilliseconds),
      notAfter: new Date(Date.now() + 366 * dayMilliseconds),
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      keys,
    },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    certificate: certificate.toString("pem"),
  };
}
