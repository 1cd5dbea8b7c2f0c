// Writes PNG files: eight bits a channel; red, green and blue, and how opaque a point is.

import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The format's number for points of so many bytes. */
const KINDS = { 3: 2, 4: 6 } as const;

/** A picture: `pixels` has three bytes for each point, or four with its opacity, row by row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** 3 if not given. */
  readonly channels?: 3 | 4;
  readonly pixels: Uint8Array;
}

/** The bytes of a PNG file, each point drawn as a square of `scale` by `scale`. */
export function png({ width, height, channels = 3, pixels }: Raster, scale = 1): Uint8Array {
  const stride = 1 + channels * width * scale;
  const rows = Buffer.alloc(stride * height * scale);
  for (let y = 0; y < height; y++) {
    const start = y * scale * stride;
    // each row begins with its filter's number, 0: none
    for (let x = 0; x < width * scale; x++) {
      const from = channels * (y * width + Math.floor(x / scale));
      rows.set(pixels.subarray(from, from + channels), start + 1 + channels * x);
    }
    for (let copy = 1; copy < scale; copy++) rows.copyWithin(start + copy * stride, start, start + stride);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width * scale, 0);
  header.writeUInt32BE(height * scale, 4);
  header.set([8, KINDS[channels]], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
