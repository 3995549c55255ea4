// [{text, contexts, status}] -> [{value} | {parse} | {evaluation}], by GitHub's own lexer, parser and evaluator.
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { answer } from "./ask.mjs";

const NUMBERS = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

function toData(plain) {
  if (plain === null) return new data.Null();
  if (typeof plain === "string") return new data.StringData(plain);
  if (typeof plain === "number") return new data.NumberData(plain);
  if (typeof plain === "boolean") return new data.BooleanData(plain);
  if (Array.isArray(plain)) return new data.Array(...plain.map(toData));
  if ("$number" in plain) return new data.NumberData(NUMBERS[plain.$number]);
  return new data.Dictionary(...Object.entries(plain).map(([key, value]) => ({ key, value: toData(value) })));
}

function toPlain(value) {
  switch (value.kind) {
    case data.Kind.Null:
      return null;
    case data.Kind.Number:
      return Number.isFinite(value.value) ? value.value : { $number: String(value.value) };
    case data.Kind.Array:
      return value.values().map(toPlain);
    case data.Kind.Dictionary:
      return { $object: value.pairs().map((pair) => [pair.key, toPlain(pair.value)]) };
    default:
      return value.value;
  }
}

function functions(status) {
  const constant = (name, result) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(result),
  });
  return [
    constant("always", true),
    constant("success", status.success),
    constant("failure", status.failure),
    constant("cancelled", status.cancelled),
  ];
}

function one({ text, contexts, status }) {
  const own = functions(status);
  let tree;
  try {
    tree = new Parser(new Lexer(text).lex().tokens, Object.keys(contexts), own).parse();
  } catch (error) {
    return { parse: error.message };
  }
  try {
    const calls = new Map(own.map((one) => [one.name, one]));
    return { value: toPlain(new Evaluator(tree, toData(contexts), calls).evaluate()) };
  } catch (error) {
    return { evaluation: error.message };
  }
}

await answer((questions) => questions.map(one));
