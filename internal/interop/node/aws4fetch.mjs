// aws4fetch, sent with the global fetch.

import { AwsClient } from "aws4fetch";

export function configure({ url, key_id: accessKeyId, secret: secretAccessKey, region, service }) {
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service, retries: 0 });
  return {
    async sign({ method, target, header, body, presign }) {
      const init = { method, headers: header, aws: { signQuery: presign } };
      if (body.length > 0) init.body = body;
      const request = await client.sign(url + target, init);
      const { pathname, search } = new URL(request.url); // what fetch sends
      return {
        message: { method: request.method, target: pathname + search, header: [...request.headers] },
        async send() {
          const response = await fetch(request.clone());
          return { status: response.status, request_id: response.headers.get("x-request-id") ?? "", body: await response.text() };
        },
      };
    },
  };
}
