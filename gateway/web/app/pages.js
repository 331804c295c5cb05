// The pages there are: one line each. The first is shown where no page is named.
//
// `name` is the first part of the address and the key of its title in texts/frame.js; `module` imports the page when
// it is first opened; `menu` is the group of the navigation it stands in, none for pages that need an identifier;
// `permission` is what somebody must be permitted to see it; `style: true` has styles/pages/<name>.css
// loaded with it.

export const PAGES = [
  { name: "overview", module: () => import("./pages/overview.js"), menu: "runs", permission: "runs:read" },
  { name: "new", module: () => import("./pages/new.js"), menu: "runs", permission: "runs:create", style: true },
  { name: "live", module: () => import("./pages/live.js"), permission: "runs:read", style: true },
  { name: "result", module: () => import("./pages/result.js"), permission: "runs:read" },
  { name: "compare", module: () => import("./pages/compare.js"), menu: "runs", permission: "runs:read" },
  { name: "history", module: () => import("./pages/history.js"), menu: "runs", permission: "runs:read" },
  { name: "traces", module: () => import("./pages/traces.js"), menu: "explore", permission: "traces:read" },
  { name: "trace", module: () => import("./pages/trace.js"), permission: "traces:read", style: true },
  { name: "models", module: () => import("./pages/models.js"), menu: "explore", permission: "models:read" },
  { name: "costs", module: () => import("./pages/costs.js"), menu: "explore", permission: "costs:read" },
  { name: "agents", module: () => import("./pages/agents.js"), menu: "fleet", permission: "agents:read" },
  { name: "settings", module: () => import("./pages/settings.js"), menu: "fleet" },
  { name: "sign-in", module: () => import("./pages/sign-in.js") },
];

export function pageNamed(name) {
  return PAGES.find((page) => page.name === name);
}
