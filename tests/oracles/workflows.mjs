// {files: {name: text}, seconds, background} -> {name: [{message, line, column}]}, by GitHub's own workflow parser.
// Each worker takes one file at a time; one that takes too long is ended and replaced.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { availableParallelism } from "node:os";
import { answer } from "./ask.mjs";

if (isMainThread) {
  await answer(parseAll);
} else {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
  const { FeatureFlags } = await import("@actions/expressions/features");
  const { ErrorPolicy } = await import("@actions/workflow-parser/model/convert");
  const { TemplateContext, TemplateValidationErrors } = await import("@actions/workflow-parser/templates/template-context");
  const { getWorkflowSchema } = await import("@actions/workflow-parser/workflows/workflow-schema");
  parentPort.on("message", async ({ name, text, background }) => {
    try {
      const featureFlags = new FeatureFlags({ allowBackgroundSteps: background });
      const trace = new NoOperationTraceWriter();
      const context = new TemplateContext(new TemplateValidationErrors(), getWorkflowSchema(), trace);
      context.state.featureFlags = featureFlags;
      const { value } = parseWorkflow({ name, content: text }, context);
      if (value !== undefined) {
        await convertWorkflowTemplate(context, value, undefined, {
          errorPolicy: ErrorPolicy.TryConversion,
          featureFlags,
        });
      }
      const errors = context.errors.getErrors().map((error) => ({
        message: error.rawMessage ?? error.message,
        line: error.range?.start.line ?? null,
        column: error.range?.start.column ?? null,
      }));
      parentPort.postMessage({ errors });
    } catch (error) {
      parentPort.postMessage({ errors: [{ message: `CRASH: ${error?.message ?? error}`, line: null, column: null }] });
    }
  });
  parentPort.postMessage({ ready: true });
}

async function parseAll({ files, seconds, background }) {
  const names = Object.keys(files);
  const found = {};
  const runners = Math.max(1, Math.min(availableParallelism(), 2, names.length));
  await Promise.all(Array.from({ length: runners }, () => run(names, files, found, seconds, background)));
  return found;
}

async function run(names, files, found, seconds, background) {
  let worker = await start();
  while (names.length) {
    const name = names.shift();
    const outcome = await one(worker, { name, text: files[name], background }, seconds);
    found[name] = outcome.errors;
    if (outcome.dead) {
      await worker.terminate();
      worker = await start();
    }
  }
  await worker.terminate();
}

async function start() {
  const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 1024 } });
  let waiting = null;
  worker.on("message", (message) => waiting?.(message));
  worker.on("error", (error) => waiting?.({ dead: `CRASH: ${error.message}` }));
  worker.on("exit", () => waiting?.({ dead: "CRASH: the worker ended" }));
  worker.next = (seconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => waiting({ dead: `TIMEOUT: no answer within ${seconds} s` }), seconds * 1000);
      waiting = (message) => {
        clearTimeout(timer);
        waiting = null;
        resolve(message);
      };
    });
  const ready = await worker.next(60);
  if (ready.dead) throw new Error(ready.dead);
  return worker;
}

async function one(worker, job, seconds) {
  const next = worker.next(seconds);
  worker.postMessage(job);
  const { errors, dead } = await next;
  return dead ? { dead, errors: [{ message: dead, line: null, column: null }] } : { errors };
}
