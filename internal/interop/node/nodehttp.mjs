// What came back by Node's http module.

export async function read(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode,
    request_id: response.headers["x-request-id"] ?? "",
    body: Buffer.concat(chunks).toString(),
  };
}
