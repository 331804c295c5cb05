// Lets time pass for the page of a run as fast as it can be worked off, and no faster. Each message of its WebSocket
// is a tenth of a second: intervals that have passed by then are called, each in a task of its own as ever, the
// browser paints, and only then is the next message asked for. It begins with `lapse.begin()`.

(() => {
  const STEP_MILLISECONDS = 100;
  const NativeSocket = WebSocket;
  const timers = new Map();
  let now = 0;
  let last = 0;

  globalThis.lapse = { steps: 0 };
  const begun = new Promise((resolve) => { lapse.begin = () => { resolve(); return performance.now(); }; });

  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  const task = () => new Promise((resolve) => { waiting.push(resolve); port2.postMessage(null); });
  const frame = () => new Promise((resolve) => { requestAnimationFrame(() => task().then(resolve)); });

  globalThis.setInterval = (callback, delay) => {
    last += 1;
    timers.set(last, { callback, delay, due: now + delay });
    return last;
  };
  globalThis.clearInterval = (id) => timers.delete(id);

  async function step() {
    await begun;
    now += STEP_MILLISECONDS;
    for (const timer of timers.values()) {
      if (timer.due > now) continue;
      timer.due += timer.delay;
      await task();
      timer.callback();
    }
    await frame();
    lapse.steps += 1;
  }

  globalThis.WebSocket = class extends NativeSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => step().then(() => this.send("next")));
    }
  };
})();
