// Text with the few marks of Markdown that analyses use: headings, lists, paragraphs, strong words. Whatever else is in
// it is shown as it was written; nothing in it becomes an element of its own making.

import { h } from "../dom.js";

/** A text as nodes; `level` is that of its headings. */
export function prose(text, level = 3) {
  const nodes = [];
  let items = null;
  for (const line of text.split("\n")) {
    const item = /^\s*[-*] (.*)$/.exec(line);
    const heading = /^#{1,6} (.*)$/.exec(line);
    if (item) {
      if (!items) nodes.push((items = h("ul", {})));
      items.append(h("li", {}, strong(item[1])));
    } else if (items && /^ {2,}\S/.test(line)) items.lastChild.append(h("div", {}, strong(line.trim())));
    else {
      items = null;
      if (heading) nodes.push(h(`h${level}`, {}, heading[1]));
      else if (/^\s*\|/.test(line)) nodes.push(h("pre", {}, line));
      else if (line.trim()) nodes.push(h("p", {}, strong(line)));
    }
  }
  return nodes;
}

function strong(text) {
  return text.split(/\*\*(.+?)\*\*/).map((part, index) => (index % 2 ? h("strong", {}, part) : part));
}
