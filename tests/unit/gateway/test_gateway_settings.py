"""Settings of the gateway."""

import pytest

from gateway.settings import Settings
from loadcell.settings import SettingsError, load


def test_defaults_are_places_that_this_machine_alone_can_reach():
    found = load(Settings, {})
    assert (str(found.http), str(found.exporter), found.controller) == (
        "127.0.0.1:8085",
        "127.0.0.1:9090",
        "127.0.0.1:50051",
    )


def test_PORT_alone_is_a_port_on_loopback():
    assert str(load(Settings, {"PORT": "9000"}).http) == "127.0.0.1:9000"
    assert str(load(Settings, {"PORT": "9000", "LOADCELL_HTTP": "127.0.0.1:1"}).http) == "127.0.0.1:1"


def test_an_api_that_others_can_reach_needs_no_key_of_its_own():
    assert not load(Settings, {"LOADCELL_HTTP": "0.0.0.0:8085"}).http.is_loopback
    found = load(Settings, {"LOADCELL_HTTP": "0.0.0.0:8085", "API_KEY": "secret"})
    assert "secret" not in repr(found)


def test_S4_an_exporter_that_others_can_reach_needs_a_key():
    with pytest.raises(SettingsError, match=r"LOADCELL_EXPORTER=0\.0\.0\.0:9090.*LOADCELL_EXPORTER_KEY"):
        load(Settings, {"LOADCELL_EXPORTER": "0.0.0.0:9090", "LOADCELL_API_KEY": "another"})
    found = load(Settings, {"LOADCELL_EXPORTER": "0.0.0.0:9090", "LOADCELL_EXPORTER_KEY": "secret"})
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "environ",
    [
        {"LOADCELL_HTTP": "unix:/tmp/x"},
        {"LOADCELL_EXPORTER": "unix:/tmp/x"},
        {"LOADCELL_HTTP": "nowhere"},
        {"LOADCELL_EXPORTER": "a:99999"},
        {"LOADCELL_CONTROLLER": "x"},
        {"LOADCELL_LOG_LEVEL": "loud"},
    ],
)
def test_bad_values_are_refused_with_variable_and_value(environ):
    [(name, value)] = environ.items()
    with pytest.raises(SettingsError) as caught:
        load(Settings, environ)
    assert name in str(caught.value)
    assert value in str(caught.value)


def test_origins_are_a_comma_list():
    assert load(Settings, {"CORS_ORIGINS": "http://a, http://b"}).cors_origins == ("http://a", "http://b")


@pytest.mark.parametrize(
    "origin", ["http://a/", "HTTP://a", "a.example", "null", "https://*.a.example", "http://a/x"]
)
def test_an_origin_that_no_browser_sends_or_anybody_can_is_refused(origin):
    with pytest.raises(SettingsError, match=r"CORS_ORIGINS=.*is not an origin"):
        load(Settings, {"CORS_ORIGINS": f"https://[::1]:8080,{origin}"})
