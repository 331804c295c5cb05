// Names with values, as people write them: one name, one value. Pure.

/** {pairs, malformed, repeated}: the first line that is no pair, the first name that is there twice, else null. */
export function pairsOf(lines, sign = "=") {
  const pairs = new Map();
  let [malformed, repeated] = [null, null];
  for (const line of lines.map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf(sign);
    const name = line.slice(0, at).trim();
    if (at < 1) malformed ??= line;
    else if (pairs.has(name)) repeated ??= name;
    else pairs.set(name, line.slice(at + 1).trim());
  }
  return { pairs: Object.fromEntries(pairs), malformed, repeated };
}
