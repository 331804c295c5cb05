// Who is signed in. The credential is kept for this tab only, and sent to nobody but the gateway of this page.

const KEY = "loadcell.credential";
const HEADER_TEXT = /^[\x21-\x7e]{1,8192}$/;

let credential = read();
let caller = null;

function read() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing: the sign-in lasts as long as the page.
  }
}

/** Whether a text can be an API key or a token at all. */
export function canBeCredential(text) {
  return HEADER_TEXT.test(text);
}

export function isSignedIn() {
  return credential !== null;
}

/** The headers that say who calls, by another credential if one is given; none in the open mode of a single user. */
export function credentialHeaders(given = credential) {
  return given === null ? {} : { Authorization: `Bearer ${given}` };
}

export function signInWith(text) {
  credential = text;
  caller = null;
  write(text);
}

export function signOut() {
  credential = null;
  caller = null;
  write(null);
}

/** Who calls, as `GET /api/v1/auth/me` has said; null before that. */
export function currentCaller() {
  return caller;
}

export function setCaller(found) {
  caller = found;
}

/** Whether the caller may do something, such as "runs:create". */
export function may(permission) {
  return !permission || (caller?.permissions ?? []).includes(permission);
}
