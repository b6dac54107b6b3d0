// aws4, sent with http.request, as its documentation shows.

import http from "node:http";
import aws4 from "aws4";
import { grouped, pairs } from "./lines.mjs";
import { read } from "./nodehttp.mjs";

export function configure({ url, key_id: accessKeyId, secret: secretAccessKey, region, service }) {
  const { hostname, port } = new URL(url);
  return {
    async sign({ method, target, header, body, presign }) {
      const options = { hostname, port, method, path: target, headers: grouped(header), region, service, signQuery: presign };
      if (body.length > 0) options.body = body;
      aws4.sign(options, { accessKeyId, secretAccessKey });
      return {
        message: { method, target: options.path, header: pairs(options.headers) },
        send: () =>
          new Promise((resolve, reject) => {
            const request = http.request(options, (response) => read(response).then(resolve, reject));
            request.on("error", reject).end(options.body);
          }),
      };
    },
  };
}
