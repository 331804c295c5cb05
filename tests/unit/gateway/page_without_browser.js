// Runs gateway/web/docs.js over a document on standard input, in as much of a browser as it needs, and tells what it
// has put on the page: the identifiers of elements, their texts, and what sending the first form asked for.
"use strict";

const fs = require("fs");
const vm = require("vm");

class Node {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
    this.listeners = {};
    this.value = "";
  }
  append(...children) {
    for (const child of children) {
      if (child === undefined || child === null) throw new TypeError(`${this.tag} is given ${child}`);
      this.children.push(child);
    }
  }
  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }
  scrollIntoView() {}
  *all() {
    yield this;
    for (const child of this.children) if (child instanceof Node) yield* child.all();
  }
}

const [script, operation] = process.argv.slice(2);
const api = fs.readFileSync(0, "utf8");
const places = new Map();
const asked = [];
const answer = (text) => ({
  status: 200,
  statusText: "OK",
  headers: new Map([["Content-Type", "application/json"], ["X-Request-ID", "r"]]),
  json: async () => JSON.parse(text),
  text: async () => text,
});
const context = vm.createContext({
  URLSearchParams,
  HTMLDetailsElement: Node,
  location: { hash: "" },
  window: { addEventListener() {} },
  document: {
    createElement: (tag) => new Node(tag),
    getElementById: (id) => {
      if (!places.has(id)) places.set(id, new Node(id));
      return places.get(id);
    },
  },
  fetch: async (url, options) => {
    asked.push({ url, ...options });
    return answer(url === "/openapi.json" ? api : "{}");
  },
});

async function run() {
  vm.runInContext(fs.readFileSync(script, "utf8"), context);
  while (!places.has("errors") || !places.get("errors").children.length) await new Promise(setImmediate);
  const nodes = [...places.values()].flatMap((place) => [...place.all()]);
  const form = [...nodes.find((node) => node.id === operation).all()].find((node) => node.tag === "form");
  for (const input of form.all()) if (input.tag === "input" && input.placeholder) input.value = input.placeholder;
  await form.listeners.submit({ preventDefault() {} });
  console.log(JSON.stringify({ identifiers: nodes.map((node) => node.id).filter(Boolean), asked }));
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
