// @smithy/signature-v4 with a SHA-256 of its own, sent with @smithy/node-http-handler, as the AWS SDK
// for JavaScript does.

import { Sha256 } from "@aws-crypto/sha256-js";
import { buildQueryString } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { pairs } from "./lines.mjs";
import { read } from "./nodehttp.mjs";

export function configure({ url, key_id: accessKeyId, secret: secretAccessKey, region, service }) {
  const signer = new SignatureV4({ credentials: { accessKeyId, secretAccessKey }, region, service, sha256: Sha256 });
  const handler = new NodeHttpHandler();
  return {
    async sign({ method, target, header, body, presign, expires }) {
      const { protocol, hostname, host, port, pathname, search } = new URL(url + target);
      const headers = { host };
      // A request holds each header as one text.
      for (const [name, value] of header) headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
      if (body.length > 0) headers["content-length"] = String(body.length);
      const request = new HttpRequest({
        method, protocol, hostname, port: Number(port), path: pathname, query: parameters(search), headers,
        body: body.length > 0 ? body : undefined,
      });
      const signed = presign ? await signer.presign(request, { expiresIn: expires }) : await signer.sign(request);
      const query = buildQueryString(signed.query);
      return {
        message: { method, target: query ? `${signed.path}?${query}` : signed.path, header: pairs(signed.headers) },
        send: async () => read((await handler.handle(new HttpRequest(signed))).response.body),
      };
    },
  };
}

// parameters returns a query as HttpRequest holds it: a text, several, or null for a name without "=".
function parameters(search) {
  const query = {};
  const bare = new Set(search.slice(1).split("&").filter((pair) => !pair.includes("=")));
  for (const [name, value] of new URLSearchParams(search)) {
    query[name] = name in query ? [query[name], value].flat() : value;
  }
  for (const name of bare) if (query[name] === "") query[name] = null;
  return query;
}
