// The address of what is shown: `#/path?name=value`. Everything a page shows follows from it, so that a link shows
// the same to whoever opens it.

/** Where the browser is: path parts without the slashes, and the query as an object of texts. */
export function place(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a page, for `href`: link("result", [id], {level: 2}). Empty values are left out. */
export function link(name, parts = [], query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  const path = [name, ...parts].map(encodeURIComponent).join("/");
  return `#/${path}${text ? `?${text}` : ""}`;
}

/** Goes to an address as a link does. */
export function go(address) {
  location.hash = address;
}

/** Goes to an address without a step in the history: of a filter that is being typed. */
export function goInstead(address) {
  history.replaceState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** A part of an address as it was; what is not encoded well stays as it is. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
