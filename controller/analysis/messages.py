"""Analyses as messages."""

from __future__ import annotations

from controller.analysis.rules import analyze
from controller.analysis.text import sections_of, sentences_of, title_of
from controller.analysis.words import language
from controller.store.analyses import StoredAnalysis
from loadcell.v1 import analysis_pb2, result_pb2

Piece = analysis_pb2.AnalyzeRunResponse


def by_rules(result: result_pb2.RunResult, code: str) -> list[Piece]:
    """Return the analysis that rules make: a piece for each section, then all of it."""
    words, findings = language(code), analyze(result)
    sections = list(sections_of(findings, words))
    order = {section: number for number, section in enumerate(words.headings)}
    analysis = analysis_pb2.Analysis(
        run_id=result.run_id,
        mode=analysis_pb2.ANALYSIS_MODE_RULES,
        language=code,
        text="".join(sections),
        findings=[
            analysis_pb2.AnalysisFinding(
                code=one.code,
                severity=one.severity,
                title=title_of(one, words),
                sentences=sentences_of(one, words),
                numbers=one.numbers,
            )
            for one in sorted(findings, key=lambda one: order[words.findings[one.code].section])
        ],
    )
    return [*(Piece(content=section) for section in sections), Piece(analysis=analysis)]


def by_model(run_id: str, stored: StoredAnalysis) -> Piece:
    """Return the last piece of an analysis that a model has made."""
    analysis = analysis_pb2.Analysis(
        run_id=run_id,
        mode=analysis_pb2.ANALYSIS_MODE_LLM,
        language=stored.language,
        model=stored.model,
        text=stored.content,
    )
    analysis.created_at.FromMicroseconds(stored.created_at)
    return Piece(analysis=analysis)
