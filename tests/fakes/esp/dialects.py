"""How the services speak: what each answers about a message, taken or refused."""

from __future__ import annotations

from typing import Any

from tests.fakes.esp.manner import Request


def answers_each(request: Request) -> bool:
    """Whether the answer tells of each message."""
    if request.service == "resend":
        return request.is_batch and "x-batch-validation" in request.headers
    return request.service in ITEM


def refusal(request: Request, verdict: str) -> Any:
    return {"name": "validation_error", "message": f"{verdict}: {request.messages[0][0]}",
            "ErrorCode": 300, "Message": f"refused: {verdict}", "success": False}  # fmt: skip


def _postmark(to: str, verdict: str) -> Any:
    match verdict:
        case "":
            return {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{to}", "To": to}
        case "inactive":
            return {"ErrorCode": 406, "Message": "You tried to send to a recipient that has been"
                    f" marked as inactive. Found inactive addresses: {to}. Inactive recipients are"
                    " ones that have generated a hard bounce."}  # fmt: skip
        case "invalid":
            return {"ErrorCode": 300, "Message": f"Invalid 'To' address: '{to}'."}
        case "ours":
            return {"ErrorCode": 405, "Message": "Not allowed to send: no credits left."}
        case _:
            return {"ErrorCode": 300, "Message": "Invalid metadata content."}


def _mailjet(to: str, verdict: str) -> Any:
    if not verdict:
        return {"Status": "success", "To": [{"Email": to, "MessageID": 7, "MessageUUID": "7"}]}
    status = 403 if verdict == "ours" else 400
    error = {"ErrorCode": "mj-0013", "StatusCode": status, "ErrorMessage": f"{verdict}: {to}"}
    return {"Status": "error", "Errors": [error]}


def _mailtrap(to: str, verdict: str) -> Any:
    if verdict:
        return {"success": False, "errors": [f"'to' address is {verdict}"]}
    return {"success": True, "message_ids": [f"id-{to}"]}


ITEM = {"postmark": _postmark, "mailjet": _mailjet, "mailtrap": _mailtrap}
SINGLE = {
    "resend": lambda request, to: (
        200, {"data": [{"id": f"id-{one}"} for one in to]} if request.is_batch
        else {"id": f"id-{to[0]}"},
    ),
    "sendgrid": lambda request, to: (202, b""),
    "mailgun": lambda request, to: (200, {"id": f"<{request.number}@x>", "message": "Queued."}),
    "brevo": lambda request, to: (
        201, {"messageId": f"<{request.number}@x>"} if len(to) == 1
        else {"messageIds": [f"<{request.number}.{n}@x>" for n in range(len(to))]},
    ),
}  # fmt: skip
