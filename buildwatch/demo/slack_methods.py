"""Incoming webhooks and the methods of the Web API, answered as Slack's reference has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from buildwatch.demo import company
from buildwatch.demo.slack_faults import SlackFaults
from buildwatch.demo.slack_state import Channel, File, Message, Workspace

LONGEST: Final = 40_000
MOST_BLOCKS: Final = 50
MOST_ATTACHMENTS: Final = 100
LARGEST_PAGE: Final = 999

Params = dict[str, Any]


class Refused(Exception):
    """The word that Slack says no with."""


class Methods:
    """One workspace's, with the bot's token and the last part of the webhooks' addresses."""

    def __init__(
        self, workspace: Workspace, faults: SlackFaults, token: str, hook: str, url: Callable[[], str]
    ) -> None:
        self._faults = faults
        self._workspace = workspace
        self._token = token
        self._hook = hook
        self._url = url
        self._methods: dict[str, tuple[str, Callable[[Params], Params]]] = {
            "auth.test": ("", self._auth_test),
            "chat.postMessage": ("chat:write", self._post),
            "chat.update": ("chat:write", self._update),
            "conversations.history": ("channels:history", self._history),
            "conversations.replies": ("channels:history", self._replies),
            "conversations.info": ("channels:read", self._info),
            "conversations.list": ("channels:read", self._list),
            "conversations.open": ("im:write", self._open),
            "users.lookupByEmail": ("users:read.email", self._lookup),
            "files.getUploadURLExternal": ("files:write", self._upload_url),
            "files.completeUploadExternal": ("files:write", self._complete),
        }

    def routes(self) -> list[Route]:
        return [
            Route("/services/{team}/{channel}/{hook}", self._webhook, methods=["POST"]),
            Route("/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/upload/{file}", self._upload, methods=["POST"]),
        ]

    async def _webhook(self, request: Request) -> Response:
        channel = self._workspace.channel(request.path_params["channel"])
        if request.path_params["hook"] != self._hook or channel is None or self._faults.no_service:
            return PlainTextResponse("no_service", 404)
        if channel.archived:
            return PlainTextResponse("channel_is_archived", 410)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_payload", 400)
        try:
            self._workspace.add(channel, _checked(body), "webhook")
        except Refused as error:
            return PlainTextResponse(str(error), 400)
        return PlainTextResponse("ok")

    async def _call(self, request: Request) -> Response:
        found = self._methods.get(request.path_params["method"])
        try:
            params = await _params(request)
            given = request.headers.get("Authorization", "").removeprefix("Bearer ") or params.pop("token", "")
            if not given:
                raise Refused("not_authed")
            if given != self._token or self._faults.invalid_auth:
                raise Refused("invalid_auth")
            if found is None:
                raise Refused("unknown_method")
            scope, method = found
            if scope in (self._faults.missing_scopes or ()):
                return JSONResponse({"ok": False, "error": "missing_scope", "needed": scope})
            return JSONResponse({"ok": True, **method(params)})
        except Refused as error:
            return JSONResponse({"ok": False, "error": str(error)})

    async def _upload(self, request: Request) -> Response:
        file = self._file(request.path_params["file"])
        if file is None:
            return PlainTextResponse("no such file", 404)
        file.content = (await request.body()).decode("utf-8", "replace")
        return PlainTextResponse(f"OK - {file.length}")

    def _auth_test(self, _: Params) -> Params:
        return {"url": self._url(), "team": "Demo", "user": "buildwatch", "team_id": "T0DEMO", "user_id": "U0BOT"}

    def _post(self, params: Params) -> Params:
        channel = self._channel(params.pop("channel", ""), write=True)
        thread = params.pop("thread_ts", "")
        broadcast = _flag(params.pop("reply_broadcast", False))
        message = self._workspace.add(channel, _checked(params), "api", thread, broadcast)
        return {"channel": channel.id, "ts": message.ts, "message": _shown(message, metadata=True)}

    def _update(self, params: Params) -> Params:
        channel = self._channel(params.pop("channel", ""), write=True)
        message = self._workspace.message(channel.id, params.pop("ts", ""))
        if message is None:
            raise Refused("message_not_found")
        body = _checked(params)
        message.metadata = body.pop("metadata", None) or message.metadata
        kept: Params = {
            name: message.body[name] for name in ("username", "icon_emoji", "icon_url") if name in message.body
        }
        message.body = {**kept, **body}
        message.edits += 1
        return {"channel": channel.id, "ts": message.ts, "text": body.get("text", "")}

    def _history(self, params: Params) -> Params:
        channel = self._channel(params.get("channel", ""), named=False)
        return _page(self._workspace.history(channel.id), params)

    def _replies(self, params: Params) -> Params:
        channel = self._channel(params.get("channel", ""), named=False)
        parent = self._workspace.message(channel.id, params.get("ts", ""))
        if parent is None:
            raise Refused("thread_not_found")
        return _page(self._workspace.history(channel.id, parent.ts), params, always=parent.ts)

    def _info(self, params: Params) -> Params:
        channel = self._workspace.channel(params.get("channel", ""))
        if channel is None or channel.id != params["channel"] or (channel.private and not channel.joined):
            raise Refused("channel_not_found")
        return {"channel": _described(channel)}

    def _list(self, params: Params) -> Params:
        wanted = str(params.get("types", "public_channel")).split(",")
        shown = [
            _described(one)
            for one in self._workspace.channels.values()
            if ("private_channel" if one.private else "public_channel") in wanted
            and not (one.archived and _flag(params.get("exclude_archived", False)))
            and (one.joined or not one.private)
        ]
        begin = _number(params.get("cursor") or "0")
        size = min(max(_number(params.get("limit", 100)), 1), LARGEST_PAGE)
        following = str(begin + size) if begin + size < len(shown) else ""
        return {"channels": shown[begin : begin + size], "response_metadata": {"next_cursor": following}}

    def _open(self, params: Params) -> Params:
        person = str(params.get("users", ""))
        if not person.startswith("U0"):
            raise Refused("user_not_found")
        return {"channel": {"id": self._workspace.direct(person).id}}

    def _lookup(self, params: Params) -> Params:
        name, _, domain = str(params.get("email", "")).partition("@")
        if domain != company.DOMAIN or not name.isalnum():
            raise Refused("users_not_found")
        return {"user": {"id": f"U0{name.upper()}", "name": name}}

    def _upload_url(self, params: Params) -> Params:
        length = _number(params.get("length", 0))
        if not params.get("filename") or length <= 0:
            raise Refused("invalid_arguments")
        file = File(f"F0{len(self._workspace.files):06d}", str(params["filename"]), length)
        self._workspace.files.append(file)
        return {"upload_url": f"{self._url()}/upload/{file.id}", "file_id": file.id}

    def _complete(self, params: Params) -> Params:
        channel = self._channel(params.get("channel_id", ""), named=False)
        done = []
        for given in json.loads(params.get("files", "[]")):
            file = self._file(given["id"])
            if file is None or len(file.content.encode()) != file.length:
                raise Refused("file_not_found")
            file.title, file.channel, file.thread_ts = given.get("title", ""), channel.id, params.get("thread_ts", "")
            done.append({"id": file.id, "title": file.title})
        return {"files": done}

    def _file(self, id: str) -> File | None:
        return next((file for file in self._workspace.files if file.id == id), None)

    def _channel(self, name: object, *, write: bool = False, named: bool = True) -> Channel:
        """A channel that the bot is in; only the methods that post know names."""
        channel = self._workspace.channel(name) if isinstance(name, str) and name else None
        if channel is None or (not named and name != channel.id) or (channel.private and not channel.joined):
            raise Refused("channel_not_found")
        if not channel.joined:
            raise Refused("not_in_channel")
        if write and channel.archived:
            raise Refused("is_archived")
        return channel


def _described(channel: Channel) -> Params:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_member": channel.joined,
        "is_archived": channel.archived,
        "is_private": channel.private,
    }


async def _params(request: Request) -> Params:
    params: Params = dict(request.query_params)
    body = await request.body()
    if request.headers.get("Content-Type", "").startswith("application/json"):
        try:
            params |= json.loads(body)
        except (ValueError, TypeError):
            raise Refused("invalid_json") from None
    else:
        params |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return params


def _checked(body: object) -> Params:
    if not isinstance(body, dict):
        raise Refused("invalid_payload")
    attachments, blocks, metadata = (body.get(name) for name in ("attachments", "blocks", "metadata"))
    if not (body.get("text") or attachments or blocks):
        raise Refused("no_text")
    if len(str(body.get("text") or "")) > LONGEST:
        raise Refused("msg_too_long")
    if attachments is not None and not isinstance(attachments, list):
        raise Refused("invalid_attachments")
    if len(attachments or ()) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    if blocks is not None and (not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS):
        raise Refused("invalid_blocks")
    if metadata is not None and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= set(metadata)):
        raise Refused("invalid_metadata_format")
    return body


def _page(messages: list[Message], params: Params, always: str = "") -> Params:
    oldest, latest = float(params.get("oldest") or 0), float(params.get("latest") or "inf")
    inclusive = _flag(params.get("inclusive", False))
    within = [
        one
        for one in messages
        if one.ts == always or oldest < float(one.ts) < latest or (inclusive and float(one.ts) in (oldest, latest))
    ]
    begin = _number(params.get("cursor") or "0")
    size = min(max(_number(params.get("limit", 100)), 1), LARGEST_PAGE)
    more = begin + size < len(within)
    metadata = _flag(params.get("include_all_metadata", False))
    return {
        "messages": [_shown(one, metadata=metadata) for one in within[begin : begin + size]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(begin + size) if more else ""},
    }


def _shown(message: Message, *, metadata: bool) -> Params:
    shown = {"type": "message", "ts": message.ts, "bot_id": "B0DEMO", **message.body}
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def _flag(value: object) -> bool:
    return value in (True, "true", "1", 1, "True")


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Refused("invalid_arguments") from None
