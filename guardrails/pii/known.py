"""The profiles of the customers that are here now, found by the words of a text."""

import re
import threading
from collections import OrderedDict, defaultdict

from guardrails.pii.profile import Profile, words

_MARK_DIGITS = 4
_NOT_DIGIT = re.compile(r"\D+")


class Known:
    """Keeps the latest profiles, bounded; safe to share between threads."""

    def __init__(self, most: int = 512) -> None:
        self._most = most
        self._profiles: OrderedDict[Profile, None] = OrderedDict()
        self._by_mark: defaultdict[str, set[Profile]] = defaultdict(set)
        self._lock = threading.Lock()

    def add(self, profile: Profile) -> bool:
        """Remember a profile, and forget the one that was given the longest ago; say whether it was new."""
        with self._lock:
            new = profile not in self._profiles
            self._profiles[profile] = None
            self._profiles.move_to_end(profile)
            for mark in profile.marks:
                self._by_mark[mark].add(profile)
            if len(self._profiles) > self._most:
                self._forget(self._profiles.popitem(last=False)[0])
            return new

    def about(self, text: str) -> list[Profile]:
        """Return the profiles of which the text may hold a value."""
        digits = _NOT_DIGIT.sub("", text)
        groups = {digits[place : place + _MARK_DIGITS] for place in range(len(digits) - _MARK_DIGITS + 1)}
        with self._lock:
            found = {profile for mark in words(text) | groups for profile in self._by_mark.get(mark, ())}
        return list(found)

    def _forget(self, profile: Profile) -> None:
        for mark in profile.marks:
            self._by_mark[mark].discard(profile)
            if not self._by_mark[mark]:
                del self._by_mark[mark]
