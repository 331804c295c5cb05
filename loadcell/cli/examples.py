"""An example or two for the help of every command; a test holds each to the flags there are."""

from typing import Any

RUN_ID = "0198c0de-0000-7000-8000-000000000000"

EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": (
        "run http://127.0.0.1:8000 --concurrency 1,10,50",
        "run http://127.0.0.1:8000 --rate 5,10 --arrival poisson --duration 60 --goodput ttft:500,tpot:50",
        "run http://127.0.0.1:8000 -c 10 -n 1000 --dataset prompts.jsonl --output result.xlsx",
    ),
    "recommend": (
        "recommend http://127.0.0.1:8000 --peak-concurrency 500",
        "recommend http://127.0.0.1:8000 -p 500 --ttft 300 --gpu H100 --gpu-count 4 --gpu-cost 2.5",
    ),
    "check-target": (
        "check-target http://127.0.0.1:8000",
        "check-target http://10.0.0.7:8000 --model qwen3-14b --agents region=eu --json",
    ),
    "report": (
        f"report {RUN_ID}",
        f"report baseline {RUN_ID} --gate ttft.p99:+5% --output summary.md",
        f"report {RUN_ID} --output report.html",
    ),
    "up": ("up", "up --http 0.0.0.0:8085 --agents 4"),
    "demo": ("demo",),
    "calibrate": ("calibrate",),
    "completion": ("completion bash > ~/.local/share/bash-completion/completions/loadcell", "completion zsh"),
    "runs list": ("runs list --status failed --since now-7d", "runs list --label team=search --json"),
    "runs show": (f"runs show {RUN_ID}", f"runs show {RUN_ID} --json"),
    "runs watch": (f"runs watch {RUN_ID}",),
    "runs cancel": (f"runs cancel {RUN_ID}",),
    "runs delete": (f"runs delete {RUN_ID}",),
    "runs export": (f"runs export {RUN_ID} --output result.csv", f"runs export {RUN_ID} --format jsonl"),
    "runs update": (f"runs update {RUN_ID} --label team=search --baseline", f"runs update {RUN_ID} --notes ''"),
    "runs compare": (
        f"runs compare baseline {RUN_ID}",
        f"runs compare baseline {RUN_ID} --gate ttft.p99:+5% --gate throughput:-3% --junit gates.xml",
    ),
    "runs timeline": (f"runs timeline {RUN_ID} --level 0 --offset 60",),
    "runs analyze": (f"runs analyze {RUN_ID}", f"runs analyze {RUN_ID} --mode llm --language ko"),
    "agents list": ("agents list", "agents list --json"),
    "agents show": ("agents show agent-1",),
    "agents drain": ("agents drain agent-1", "agents drain agent-1 --resume"),
    "agents token create": ("agents token create rack-7 --expires-days 90",),
    "agents token list": ("agents token list",),
    "agents token revoke": (f"agents token revoke {RUN_ID}",),
    "keys create": (
        "keys create ci --role developer --project search --expires-days 90",
        "keys create dashboard --role viewer --project search",
    ),
    "keys list": ("keys list",),
    "keys rotate": (f"keys rotate {RUN_ID} --overlap-hours 2",),
    "keys revoke": (f"keys revoke {RUN_ID}",),
    "token issue": ("token issue --role viewer --lifetime-minutes 15",),
    "token revoke": ("token revoke - < token.txt",),
    "projects list": ("projects list",),
    "projects show": ("projects show search",),
    "projects set": ("projects set search --running-runs 2 --rate 500 --targets 10.0.0.0/8:8000",),
    "exports create": (f"exports create --format parquet --run {RUN_ID}", "exports create --since now-1d"),
    "exports list": ("exports list",),
    "exports get": (f"exports get {RUN_ID}",),
    "exports cancel": (f"exports cancel {RUN_ID}",),
    "exports download": (f"exports download {RUN_ID} --output requests.csv",),
    "events watch": ("events watch run_state", "events watch run_state system_alert --after 41"),
    "config check": ("config check", "config check controller --connect --strict"),
    "db upgrade": ("db upgrade", "db upgrade --db postgresql://loadcell@db.example/loadcell"),
    "db check": ("db check --json",),
    "db backup": ("db backup loadcell-backup.db",),
    "db restore": ("db restore loadcell-backup.db",),
}


def show_examples(command: Any, path: str = "") -> None:
    """Put the examples of a command, and of all commands below it, at the end of their help."""
    if path in EXAMPLES:
        # The mark keeps the lines as they are.
        command.epilog = "\n".join(("\b", "Examples:", *(f"  loadcell {one}" for one in EXAMPLES[path])))
    for name, below in getattr(command, "commands", {}).items():
        show_examples(below, f"{path} {name}".strip())
