// Signs requests with one of npm's signers, unmodified, and sends them by the transport that the
// signer is used with. One JSON value a line on standard input, the configuration first; one answer
// a line on standard output. What is signed is told before it is sent, so that a test can foretell
// what a verifier will make of it.

import readline from "node:readline";

const signers = {
  aws4: () => import("./aws4.mjs"),
  "@smithy/signature-v4": () => import("./smithy.mjs"),
  aws4fetch: () => import("./aws4fetch.mjs"),
};

let signer;
const signed = []; // what can be sent, in the order of signing; null where the signer refused

async function answer(line) {
  const command = JSON.parse(line);
  if (command.config) {
    signer = (await signers[command.config.signer]()).configure(command.config);
    return {};
  }
  if (command.sign) {
    const request = { ...command.sign, body: Buffer.from(command.sign.body ?? "", "base64") };
    signed.push(null);
    const { message, send } = await signer.sign(request);
    signed[signed.length - 1] = send;
    return { message };
  }
  return { answer: await signed[command.send]() };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = await answer(line);
  } catch (error) {
    reply = { error: String(error.cause ?? error) };
  }
  process.stdout.write(JSON.stringify(reply) + "\n");
}
