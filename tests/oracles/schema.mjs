// The contexts and functions of every definition in the schema of GitHub's workflow parser.
import { readFileSync } from "node:fs";
import { answer } from "./ask.mjs";

await answer(() => {
  const place = "node_modules/@actions/workflow-parser/dist/workflow-v1.0.min.json";
  const { definitions } = JSON.parse(readFileSync(`${process.env.ORACLES}/${place}`, "utf8"));
  return Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, one.context ?? []]));
});
