// The other side of `make interop`: an independent HPKE (npm @hpke) opens what we sealed and seals to the same key.
// In, a JSON line each: {seed, public, info, plaintext, ours}; out: {opened, theirs}; every value in hex.
import { createInterface } from "node:readline";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

const ENCAPSULATED = 1120; // bytes: 1088 of ML-KEM-768, 32 of X25519
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (...parts) => Buffer.concat(parts.map((it) => Buffer.from(it))).toString("hex");

for await (const line of createInterface({ input: process.stdin })) {
  const row = JSON.parse(line);
  const info = bytes(row.info);
  const ours = bytes(row.ours);
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(row.seed).buffer);
  const enc = ours.slice(0, ENCAPSULATED).buffer;
  const opened = await suite.open({ recipientKey, enc, info }, ours.slice(ENCAPSULATED).buffer);
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(row.public).buffer);
  const made = await suite.seal({ recipientPublicKey, info }, bytes(row.plaintext).buffer);
  console.log(JSON.stringify({ opened: hex(opened), theirs: hex(made.enc, made.ct) }));
}
