// A grey picture as a PNG file of one channel: a quarter of what a browser would write, and in less time.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** `rows(from, to)` gives the bytes of the rows from `from` up to `to`, one a pixel. */
export async function greyPng({ width, height }, rows) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits a channel; then 0 for grey, deflate, the usual filters, not interlaced
  const data = await deflated(width, height, rows);
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return new Blob([new Uint8Array(SIGNATURE), ...chunks], { type: "image/png" });
}

/** Every row as it is, behind the 0 that says so; some rows at a time. */
async function deflated(width, height, rows, band = 256) {
  const squeeze = new CompressionStream("deflate");
  const whole = new Response(squeeze.readable).arrayBuffer();
  const writer = squeeze.writable.getWriter();
  for (let from = 0; from < height; from += band) {
    const to = Math.min(from + band, height);
    const values = rows(from, to);
    const lines = new Uint8Array((width + 1) * (to - from));
    for (let y = 0; y < to - from; y++) lines.set(values.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
    writer.write(lines);
  }
  writer.close();
  return new Uint8Array(await whole);
}

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
