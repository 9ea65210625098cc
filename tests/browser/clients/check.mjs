// Print as JSON what mail programs do not support of the HTML on standard input:
// {"program": {"feature": ["none" | "partial", ...notes]}}; null where nothing is known.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const html = readFileSync(0, "utf8");
const found = {};
for (const program of process.argv.slice(2)) {
  found[program] = {};
  try {
    const { issues } = caniemail({ clients: [program], html });
    for (const [support, kind] of [["partial", "warnings"], ["none", "errors"]]) {
      for (const issue of issues[kind].get(program) ?? []) {
        found[program][issue.title] = [support, ...(issue.notes ?? [])];
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    found[program] = null;
  }
}
process.stdout.write(JSON.stringify(found));
