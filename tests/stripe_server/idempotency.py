"""Idempotency keys: the first answer is kept, and repeated to whoever asks the same again."""

from dataclasses import dataclass

from tests.stripe_server.errors import IdempotencyError, KeyInUse, Refused


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    request_id: str


@dataclass
class _Use:
    call: tuple[str, str, str]
    answer: Answer | None = None


class IdempotencyKeys:
    """Not locked: the caller holds the world's lock."""

    def __init__(self) -> None:
        self._uses: dict[str, _Use] = {}

    def begin(self, key: str, call: tuple[str, str, str]) -> Answer | None:
        """The kept answer, or None when this call is the one to do the work."""
        if len(key) > 255:
            raise Refused("Idempotency keys are at most 255 characters long.")
        use = self._uses.get(key)
        if use is None:
            self._uses[key] = _Use(call)
            return None
        if use.call != call:
            raise IdempotencyError(
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request."
            )
        if use.answer is None:
            raise KeyInUse(
                "There is currently another in-progress request using this Stripe-Idempotency-Key "
                f"({key}). Please try again later.",
                code="idempotency_key_in_use",
            )
        return use.answer

    def end(self, key: str, answer: Answer | None) -> None:
        """None frees the key: nothing was begun, so it may be tried again."""
        if answer is None:
            self._uses.pop(key, None)
        else:
            self._uses[key].answer = answer

    def is_in_use(self, key: str) -> bool:
        return key in self._uses and self._uses[key].answer is None
