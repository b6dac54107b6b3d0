// Header lines as pairs, in the forms that the signers want.

/** grouped returns an object of header values, each a string, or an array where a name repeats. */
export function grouped(pairs) {
  const headers = {};
  for (const [name, value] of pairs) {
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  return headers;
}

/** pairs returns the lines of such an object. */
export function pairs(headers) {
  return Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, String(value)]));
}
