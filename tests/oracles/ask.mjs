// The frame of every oracle: one JSON question on standard input, one JSON answer on standard output.
import { readFileSync, writeSync } from "node:fs";

export async function answer(work) {
  const text = JSON.stringify(await work(JSON.parse(readFileSync(0, "utf8"))));
  const bytes = Buffer.from(text);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
  process.exit(0);
}
