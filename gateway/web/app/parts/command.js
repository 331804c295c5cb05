// Commands to copy: each names the controller that this page is of, since a terminal knows nothing of it.

const PLAIN = /^[\w@%+=:,./-]+$/;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?=:\d+$)/;
const UNKNOWN = "HOST:PORT"; // of a controller behind a socket of the gateway's machine

/** A command of loadcell, to be pasted into a shell. */
export function commandLine(words, controller = controllerAddress()) {
  return ["loadcell", ...words, "--controller", controller].map(quoted).join(" ");
}

/** Where the gateway has its controller; one on the gateway's machine is where this page is from. */
export function controllerAddress(told = document.documentElement.dataset.controller, host = location.hostname) {
  return told.replace(LOOPBACK, host) || UNKNOWN;
}

/** A word as a shell takes it. */
export function quoted(word) {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
