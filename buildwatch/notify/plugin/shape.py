"""What slack-go leaves of a block that somebody wrote as JSON: the fields that it knows, with its defaults.

drone-slack reads every block of `custom_block` as a section and writes it again (`plugin.go`, slack-go v0.15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

Json = dict[str, object]


class Misfit(Exception):
    """A value of another type than its field's; in Go's words as far as they tell something."""


class Field(NamedTuple):
    """One field: `str`, `bool`, `int` or an object's shape, one or a list of them; written even when empty, or not.

    `own` is an int that is written when it was given at all.
    """

    kind: object
    many: bool = False
    always: bool = False
    own: bool = False


Shape = Mapping[str, Field]

_S: Final = Field(str)
_B: Final = Field(bool)
_TYPE: Final = Field(str, always=True)
TEXT: Final[Shape] = {"type": _TYPE, "text": Field(str, always=True), "emoji": _B, "verbatim": _B}
_TEXT: Final = Field(TEXT)
_NEEDED: Final = Field(TEXT, always=True)
_OPTION: Final[Shape] = {"text": _NEEDED, "value": Field(str, always=True), "description": _TEXT, "url": _S}
_GROUP: Final[Shape] = {"label": _TEXT, "options": Field(_OPTION, many=True, always=True)}
_CONFIRM: Final = Field({"title": _NEEDED, "text": _NEEDED, "confirm": _NEEDED, "deny": _TEXT, "style": _S})
_OPTIONS: Final = Field(_OPTION, many=True)
_ALL_OPTIONS: Final = Field(_OPTION, many=True, always=True)
_PICKER: Final[Shape] = {"type": _TYPE, "action_id": _S, "placeholder": _TEXT}
_FILTER: Final[Shape] = {
    "include": Field(str, many=True),
    "exclude_external_shared_channels": _B,
    "exclude_bot_users": _B,
}
_SELECT: Final[Shape] = {
    "type": _S,
    "placeholder": _TEXT,
    "action_id": _S,
    "options": _OPTIONS,
    "option_groups": Field(_GROUP, many=True),
    "initial_option": Field(_OPTION),
    "initial_user": _S,
    "initial_conversation": _S,
    "initial_channel": _S,
    "default_to_current_conversation": _B,
    "response_url_enabled": _B,
    "filter": Field(_FILTER),
    "min_query_length": Field(int, own=True),
    "confirm": _CONFIRM,
}
_MULTI_SELECT: Final[Shape] = {
    "type": _S,
    "placeholder": _TEXT,
    "action_id": _S,
    "options": _OPTIONS,
    "option_groups": Field(_GROUP, many=True),
    "initial_options": _OPTIONS,
    "initial_users": Field(str, many=True),
    "initial_conversations": Field(str, many=True),
    "initial_channels": Field(str, many=True),
    "min_query_length": Field(int, own=True),
    "max_selected_items": Field(int, own=True),
    "confirm": _CONFIRM,
}
_SELECTS: Final = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
ELEMENTS: Final[Mapping[str, Shape]] = {
    "image": {"type": _TYPE, "image_url": Field(str, always=True), "alt_text": Field(str, always=True)},
    "button": {"type": _S, "text": _NEEDED, "action_id": _S, "url": _S, "value": _S, "confirm": _CONFIRM, "style": _S},
    "overflow": {"type": _TYPE, "action_id": _S, "options": _ALL_OPTIONS, "confirm": _CONFIRM},
    "datepicker": {**_PICKER, "initial_date": _S, "confirm": _CONFIRM},
    "timepicker": {**_PICKER, "initial_time": _S, "confirm": _CONFIRM},
    "plain_text_input": {
        **_PICKER,
        "initial_value": _S,
        "multiline": _B,
        "min_length": Field(int),
        "max_length": Field(int),
        "dispatch_action_config": Field({"trigger_actions_on": Field(str, many=True)}),
    },
    "radio_buttons": {
        "type": _TYPE,
        "action_id": _S,
        "options": _ALL_OPTIONS,
        "initial_option": Field(_OPTION),
        "confirm": _CONFIRM,
    },
    "checkboxes": {
        "type": _TYPE,
        "action_id": _S,
        "options": _ALL_OPTIONS,
        "initial_options": _OPTIONS,
        "confirm": _CONFIRM,
    },
    **dict.fromkeys(_SELECTS, _SELECT),
    **dict.fromkeys([f"multi_{name}" for name in _SELECTS], _MULTI_SELECT),
}
HEADER: Final[Shape] = {"type": _TYPE, "text": _TEXT, "block_id": _S}
DIVIDER: Final[Shape] = {"type": _TYPE, "block_id": _S}
_SECTION: Final[Shape] = {"type": _TYPE, "text": _TEXT, "block_id": _S, "fields": Field(TEXT, many=True)}


def section(given: object) -> Json:
    """A block read as a section. Raises `Misfit`."""
    made = shaped(given, _SECTION, "SectionBlock")
    accessory = _named(given).get("accessory") if isinstance(given, dict) else None
    if accessory is not None:
        made["accessory"] = element(accessory)
    return made


def actions(given: object) -> Json:
    """A block of buttons and the like. Raises `Misfit`."""
    made = shaped(given, DIVIDER, "ActionBlock")
    elements = _named(given).get("elements") if isinstance(given, dict) else None
    if elements is not None and not isinstance(elements, list):
        raise Misfit("elements are no list")
    made["elements"] = None if elements is None else [element(one) for one in elements]
    return made


def element(given: object) -> Json | None:
    """What is left of an element by its type; nothing of one that is not known. Raises `Misfit`."""
    if not isinstance(given, dict):
        raise Misfit("an element is no object")
    kind = _named(given).get("type")
    shape = ELEMENTS.get(kind) if isinstance(kind, str) else None
    return None if shape is None else shaped(given, shape, str(kind))


def shaped(given: object, shape: Shape, where: str) -> Json:
    """What of an object has a place in the shape. Raises `Misfit`."""
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise Misfit(f"json: cannot unmarshal {_kind(given)} into {where}")
    named = _named(given)
    made: Json = {}
    for name, field in shape.items():
        value = _value(named.get(name), field, f"{where}.{name}")
        if value or field.always or (field.own and value is not None):
            made[name] = value
    return made


def _value(given: object, field: Field, where: str) -> object:
    if field.many:
        if given is None:
            return None
        if not isinstance(given, list):
            raise Misfit(f"json: cannot unmarshal {_kind(given)} into field {where}")
        return [_one(one, field.kind, where) for one in given]
    if given is None:
        return field.kind() if field.kind in (str, bool) else None
    return _one(given, field.kind, where)


def _one(given: object, kind: object, where: str) -> object:
    if isinstance(kind, Mapping):
        return None if given is None else shaped(given, kind, where)
    if given is None:
        return ""
    if not isinstance(kind, type) or type(given) is not kind:
        raise Misfit(f"json: cannot unmarshal {_kind(given)} into field {where}")
    return given


def _named(given: Mapping[str, object]) -> Json:
    """By names in lower case: Go's JSON does not mind capitals."""
    return {name.lower(): value for name, value in given.items()}


def _kind(given: object) -> str:
    kinds = {str: "string", bool: "bool", list: "array", dict: "object", int: "number", float: "number"}
    return kinds.get(type(given), "null")
