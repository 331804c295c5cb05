// Makes elements. Text only ever enters the page as text: nothing here, or anywhere else, parses HTML, so what a
// model or a server has said can not become part of the page, nor turn the text around it.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate", "open", "htmlFor"]);
// What has a browser write text backwards, beyond the word it is in: servers choose names that are shown.
const STEERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SAFE_ADDRESS = /^(?:#|\/(?![/\\])|\.\/|blob:|https?:\/\/)/; // "/\" leads elsewhere, as "//" does

/**
 * An element with properties and children.
 *
 * Properties: `class`, `id`, `aria-*` and any attribute; `onclick` and the like take functions; `style` an object of
 * CSS properties; `dataset` an object; null, undefined and false leave a property out, true sets it empty.
 * Children: text, numbers, nodes, lists of these; null, undefined and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** An element of a drawing. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

/** Puts children in the place of those there are. */
export function replace(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

/** Puts nodes in the place of those there are. Those that stay are not touched, nor what is selected in them. */
export function arrange(node, wanted) {
  const staying = new Set(wanted);
  for (const child of [...node.childNodes]) if (!staying.has(child)) child.remove();
  wanted.forEach((child, index) => { if (node.childNodes[index] !== child) node.insertBefore(child, node.childNodes[index] ?? null); });
  return node;
}

/** Nodes of items, of which only those are made anew that have changed since: `make(item)`, `key(item)`. */
export function keeping(make, key) {
  let kept = new Map();
  return (items) => {
    kept = new Map(items.map((item) => {
      const seen = JSON.stringify(item);
      const before = kept.get(key(item));
      return [key(item), before?.seen === seen ? before : { seen, node: make(item) }];
    }));
    return [...kept.values()].map(({ node }) => node);
  };
}

/** A text that is not shown, only read out. */
export function spoken(text) {
  return h("span", { class: "spoken" }, text);
}

let lastIdentifier = 0;

/** An identifier that nothing else on the page has. */
export function identifier(prefix) {
  lastIdentifier += 1;
  return `${prefix}-${lastIdentifier}`;
}

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) set(node, name, value);
  node.append(...flat(children));
  return node;
}

/** A text with marks in the place of what would steer the text around it. */
export function harmless(text) {
  return text.replace(STEERING, "\ufffd");
}

function flat(children) {
  const all = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return all.map((child) => (typeof child === "string" ? harmless(child) : child));
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (PROPERTIES.has(name)) node[name] = name === "value" ? "" : false;
  } else if (name.startsWith("on")) {
    if (typeof value !== "function") throw new TypeError(`${name} takes a function`);
    node.addEventListener(name.slice(2), value);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
  } else if (name === "dataset") {
    Object.assign(node.dataset, value);
  } else if (PROPERTIES.has(name)) {
    node[name] = value;
  } else if (name === "href" || name === "src") {
    if (SAFE_ADDRESS.test(value)) node.setAttribute(name, value);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}
