"""What the days to come may cost, by those that were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.messages import timestamp
from controller.query.costs.days import spell, whole_days
from controller.query.costs.parameters import MAX_DAYS
from controller.query.costs.question import Spent, ask, usd
from controller.query.costs.summary import trend_point
from controller.query.metrics.parameters import DAY_MICROS, Period, read_period
from controller.scope import Scope
from controller.store.cost_covers import cover_question
from controller.store.costs import spent_over_time
from controller.store.database import Connection
from loadcell.errors import LoadcellError
from loadcell.stats.forecast import dense_days, forecast
from loadcell.stats.rollup import DAY
from loadcell.v1 import cost_pb2

MODEL = "linear_regression"
MIN_DAYS = 7
_DEFAULT_DAYS = 30
_DEFAULT_PERIOD = "next_month"
_PERIODS = {"next_week": 7, "next_month": 30, "next_quarter": 90}
_CUSTOM = "custom"
_MAX_CUSTOM = 365
_MONTH = 30


def get_cost_forecast(
    connection: Connection, request: cost_pb2.GetCostForecastRequest, scope: Scope, now: int
) -> cost_pb2.GetCostForecastResponse:
    """Return the forecast from the daily costs of a period.

    Raises:
        LoadcellError: a parameter is wrong, and named.
    """
    period = _read_history(request, now)
    ahead = _read_days(request)
    covered = cover_question(connection, ask(request, scope, period), DAY)
    days = spent_over_time(connection, covered, DAY)
    intervals = not request.HasField("include_confidence_intervals") or request.include_confidence_intervals
    answer = extend(period, days, ahead, intervals=intervals)
    return cost_pb2.GetCostForecastResponse(data=answer)


def extend(period: Period, days: Mapping[int, Spent], ahead: int, *, intervals: bool) -> cost_pb2.CostForecast:
    """Extend the costs of the whole days of a period by some days; days without requests cost nothing."""
    whole = whole_days(period)
    numbers: Sequence[int] = [day for day in whole if day in days]
    past = dense_days(numbers, [days[day].total for day in numbers], whole.start, whole.stop - 1)
    found = forecast(past, ahead)
    total = usd(float(found.values.sum()))
    answer = cost_pb2.CostForecast(
        metadata=cost_pb2.CostForecastMetadata(
            historical_start=timestamp(period.start),
            historical_end=timestamp(period.end),
            forecast_start=timestamp(whole.stop * DAY_MICROS),
            forecast_end=timestamp((whole.stop + ahead) * DAY_MICROS),
            forecast_days=ahead,
            model_type=MODEL,
            generated_at=timestamp(period.now),
        ),
        historical=[trend_point(day, days.get(day, Spent())) for day in whole],
        summary=cost_pb2.CostForecastSummary(
            total_forecasted_cost=total,
            avg_daily_cost=total / ahead,
            projected_monthly_cost=total / ahead * _MONTH,
            r_squared=found.r_squared,
            mape=found.mape_percent,
        ),
    )
    for day in range(ahead):
        point = answer.forecast.add(date=spell(whole.stop + day), forecasted_cost=usd(found.values[day]))
        if intervals:
            point.lower_bound, point.upper_bound = usd(found.low[day]), usd(found.high[day])
    return answer


def _read_history(request: cost_pb2.GetCostForecastRequest, now: int) -> Period:
    try:
        period = read_period(
            request.historical_start, request.historical_end, now, default_days=_DEFAULT_DAYS, max_days=MAX_DAYS
        )
    except LoadcellError as error:
        # The same rules under other names.
        field = {"start_time": "historical_start", "end_time": "historical_end"}.get(
            error.field or "", error.field
        )
        message = error.message.replace("start_time", "historical_start").replace("end_time", "historical_end")
        raise LoadcellError(error.reason, message, field=field) from error
    if period.end - period.start < MIN_DAYS * DAY_MICROS:
        raise LoadcellError(
            "INVALID_DATE_RANGE",
            f"historical_start and historical_end are {(period.end - period.start) / DAY_MICROS:.1f} days apart;"
            f" a forecast needs at least {MIN_DAYS}",
            field="historical_start",
        )
    return period


def _read_days(request: cost_pb2.GetCostForecastRequest) -> int:
    name = request.forecast_period or _DEFAULT_PERIOD
    given = request.HasField("forecast_days")
    if name == _CUSTOM:
        if not given:
            raise LoadcellError(
                "MISSING_REQUIRED_FIELD",
                "forecast_days is required when forecast_period is custom",
                field="forecast_days",
            )
        if not 1 <= request.forecast_days <= _MAX_CUSTOM:
            raise LoadcellError(
                "INVALID_FIELD_VALUE",
                f"forecast_days must be from 1 to {_MAX_CUSTOM}, not {request.forecast_days}",
                field="forecast_days",
            )
        return request.forecast_days
    if name not in _PERIODS:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"forecast_period {name[:64]!r} is not known; known: {', '.join([*_PERIODS, _CUSTOM])}",
            field="forecast_period",
        )
    if given:
        raise LoadcellError(
            "INVALID_FIELD_VALUE",
            f"forecast_days goes with forecast_period=custom, not {name}",
            field="forecast_days",
        )
    return _PERIODS[name]
