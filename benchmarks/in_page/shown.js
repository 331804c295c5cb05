// Says when a page is shown: nothing on it waits for data any more, and the browser has painted it. Times are
// milliseconds since the navigation began.

const isComplete = () => document.querySelector("h1")?.textContent && !document.querySelector(".skeleton, [aria-busy=true]");

const complete = () => new Promise((resolve) => {
  if (isComplete()) resolve();
  const observer = new MutationObserver(() => {
    if (!isComplete()) return;
    observer.disconnect();
    resolve();
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-busy", "class"] });
});

// A task that is posted in a frame runs when the frame has been handed over.
const painted = () => new Promise((resolve) => {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(null);
  });
});

/** When a document without any script was painted whole. */
globalThis.opened = new Promise((resolve) => addEventListener("load", resolve)).then(painted);

/** When the first page of the dashboard was shown. */
globalThis.firstShown = complete().then(painted);

/** How long it took from an act that changes the address to what is there then. */
globalThis.timeOf = async (act) => {
  const left = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
  const begun = performance.now();
  act();
  await left;
  await complete();
  return (await painted()) - begun;
};

/** Goes to the next page of a list. */
globalThis.turnOver = () => timeOf(() => [...document.querySelectorAll(".pager button")].find((one) => one.textContent === "Next").click());

/** How often the main thread was held up for 50 ms and longer: {begun, duration} of each task. */
globalThis.heldUp = [];
new PerformanceObserver((list) => {
  for (const { startTime: begun, duration } of list.getEntries()) heldUp.push({ begun, duration });
}).observe({ type: "longtask", buffered: true });
