// The other side of tests/flows/test_age_interop.py: age as its author wrote it for npm (age-encryption), run by node.
// In, one JSON: {seed, file, content}, hex; out: {opened, sealed}, hex, and {recipient}, as age writes it.
import { text } from "node:stream/consumers";
import { bech32 } from "@scure/base";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (octets) => Buffer.from(octets).toString("hex");

const given = JSON.parse(await text(process.stdin));
const identity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", bytes(given.seed)).toUpperCase();
const recipient = await identityToRecipient(identity);
const decrypter = new Decrypter();
decrypter.addIdentity(identity);
const opened = await decrypter.decrypt(bytes(given.file));
const encrypter = new Encrypter();
encrypter.addRecipient(recipient);
const sealed = await encrypter.encrypt(bytes(given.content));
console.log(JSON.stringify({ opened: hex(opened), sealed: hex(sealed), recipient }));
