// Tokens of agents: made, listed and revoked by whoever may enrol agents.

import { path } from "../../api.js";
import { h } from "../../dom.js";
import { ago, moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { confirmed, openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { region } from "../../parts/region.js";
import { showSecret } from "../../parts/secret.js";
import { cutNote, empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import * as words from "../../texts/agents.js";

const PAGE_SIZE = 1_000;
const t = texts(words);

export function agentTokens({ api, signal }) {
  const list = region({
    load: () => api.get("/api/v1/agents/tokens", { query: { limit: PAGE_SIZE } }),
    draw: ({ tokens, next_cursor: next }) => [cutNote(tokens, next), tokenTable(tokens, revoke)],
    signal,
  });

  async function make() {
    const made = await openDialog(t("new_token"), (close) => {
      const name = field({ name: "name", label: t("token_name"), hint: t("token_hint"), required: true, maxlength: 128 });
      return form({ fields: [name], action: t("new_token"), send: async (values) => close(await api.post("/api/v1/agents/tokens", values)), signal }).node;
    }, { signal });
    if (!made) return;
    list.reload();
    await showSecret(t("token_made", { name: made.details.name }), made.token, { signal });
  }

  async function revoke({ token_id: id, name }) {
    const act = () => api.delete(path`/api/v1/agents/tokens/${id}`);
    if (!await confirmed(t("revoke"), { text: t("revoke_text", { name }), action: t("revoke"), act, dangerous: true, signal })) return;
    toast(t("revoke_done", { name }));
    list.reload();
  }

  const button = h("button", { type: "button", onclick: make }, t("new_token"));
  return card(t("tokens"), { beside: button }, h("p", {}, t("tokens_about")), list.node);
}

function tokenTable(tokens, revoke) {
  const columns = [
    { key: "name", label: t("token_name"), sort: ({ name }) => name },
    { key: "prefix", label: t("token"), cell: ({ prefix }) => h("code", {}, `${prefix}…`) },
    { key: "state", label: t("state"), cell: (token) => badge(t(`status_${stateOf(token)}`), stateOf(token)), sort: stateOf },
    { key: "agent_id", label: t("bound_to"), sort: (token) => token.agent_id },
    { key: "created_at", label: t("created"), cell: (token) => moment(token.created_at), sort: (token) => token.created_at },
    { key: "last_used_at", label: t("last_used"), cell: (token) => (token.last_used_at ? ago(token.last_used_at) : t("never")), sort: (token) => token.last_used_at },
    { key: "actions", label: "", cell: (token) => stateOf(token) === "active" && h("button", { type: "button", class: "dangerous", onclick: () => revoke(token) }, t("revoke")) },
  ];
  return table(columns, tokens, { caption: t("tokens"), empty: empty(t("no_tokens")) });
}

/** Whether a key or a token is good: active, revoked or expired. */
export function stateOf({ revoked_at: revoked, expires_at: expires }) {
  if (revoked) return "revoked";
  return expires && new Date(expires) <= new Date() ? "expired" : "active";
}
