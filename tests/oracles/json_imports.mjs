// Lets Node 20 load packages that import JSON without an import attribute, and finds packages in $ORACLES.
import { register } from "node:module";

const hooks = `
import { readFile } from "node:fs/promises";
const root = process.env.ORACLES;
export async function resolve(specifier, context, next) {
  const bare = !/^([./]|[a-z]+:)/.test(specifier);
  if (!bare || context.parentURL?.includes("/node_modules/")) return next(specifier, context);
  return next(specifier, { ...context, parentURL: "file://" + root + "/index.mjs" });
}
export async function load(url, context, next) {
  if (!url.endsWith(".json")) return next(url, context);
  return { format: "module", shortCircuit: true, source: "export default " + await readFile(new URL(url), "utf8") };
}
`;
register("data:text/javascript," + encodeURIComponent(hooks));
