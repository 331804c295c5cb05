"""Write deploy/grafana/boards/: a file for each board, and no other."""

from __future__ import annotations

from pathlib import Path

from scripts.boards.rendering import rendered

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "boards"


def main() -> None:
    """Rewrite every board."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    boards = rendered()
    for stale in FOLDER.glob("*.json"):
        if stale.name not in boards:
            stale.unlink()
    for name, text in boards.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
