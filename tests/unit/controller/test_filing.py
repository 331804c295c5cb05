"""What requests are filed under."""

import pytest

from controller.filing import file_under
from controller.store.contexts import context_of
from loadcell.errors import LoadcellError
from loadcell.v1 import result_pb2, run_pb2


def test_defaults_and_what_is_given():
    config = result_pb2.RunConfig(adapter="openai")
    file_under(run_pb2.CreateRunRequest(), config)
    assert context_of(config, "m").project_id == "default"
    file_under(run_pb2.CreateRunRequest(project_id="p", user_id="u", tags=["b", "a", "b"]), config)
    context = context_of(config, "m")
    assert (context.project_id, context.provider, context.environment) == ("p", "custom", "development")
    assert (context.user_id, context.session_id, context.tags) == ("u", None, ("a", "b"))
    assert (context.model, context.operation_type) == ("m", "chat")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("project_id", "x" * 129, "INVALID_FIELD_VALUE"),
        ("user_id", "a\nb", "INVALID_FIELD_VALUE"),
        ("tags", ["a,b"], "INVALID_FIELD_VALUE"),
        ("tags", [""], "INVALID_FIELD_VALUE"),
        ("tags", ["x" * 65], "INVALID_FIELD_VALUE"),
        ("tags", [str(n) for n in range(33)], "LIMIT_EXCEEDED"),
    ],
)
def test_what_cannot_be_used_is_named(field, value, reason):
    with pytest.raises(LoadcellError) as refused:
        file_under(run_pb2.CreateRunRequest(**{field: value}), result_pb2.RunConfig())
    assert (refused.value.reason, refused.value.field) == (reason, field)
