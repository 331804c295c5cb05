// What a person has chosen, kept in this browser: language and light or dark. Never a credential, see session.js.

const PREFIX = "loadcell.";

export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // a browser that keeps nothing: the choice lasts as long as the page
  }
}

export function prefer(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // As above.
  }
}
