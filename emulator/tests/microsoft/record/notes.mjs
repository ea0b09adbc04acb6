// Replaces random values by names, so that the notes of two runs can be compared.

/** Text where it is text. */
export function readable(bytes) {
  if (bytes.length === 0) return undefined;
  const binary = bytes.some((byte) => byte < 9) || bytes.includes(0xff);
  return binary ? { base64: bytes.toString('base64') } : bytes.toString();
}

/** A protobuf `connected` frame holds a connection id, and perhaps a token: only that it came is kept. */
function isConnected(base64) {
  const bytes = Buffer.from(base64, 'base64');
  let at = 1;
  while (bytes[at] & 0x80) at++;
  return bytes[0] === 0x1a && bytes[at + 1] === 0x0a;
}

export function normalised(notes, ids) {
  let text = JSON.stringify(notes, (key, value) => (key === 'base64' && isConnected(value) ? '{CONNECTED}' : value));
  ids.forEach((id, index) => {
    text = text.replaceAll(id, `{CONN${index + 1}}`);
  });
  return JSON.parse(
    text
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '{TOKEN}')
      .replace(/sha256=[0-9a-f]{64}/g, 'sha256={HMAC}')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '{TIME}')
      .replace(/00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]/g, '{TRACE}')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '{GUID}'),
  );
}
