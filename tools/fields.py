"""The fields of what an action returns: their names, the part of them that may leave the door, and how to read it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter

M = TypeVar("M", bound=BaseModel)


def field_names(output: dict[str, Any]) -> list[str]:
    """Return the names of all fields in an output, dotted and sorted; values stay out."""
    return sorted(set(_names(output, "")))


def _names(value: Any, path: str) -> Iterator[str]:
    match value:
        case dict() if value:
            for name, inner in value.items():
                yield from _names(inner, f"{path}.{name}" if path else name)
        case list() if value:
            for inner in value:
                yield from _names(inner, path)
        case _:
            if path:
                yield path


def trimmed(output: dict[str, Any], reads: frozenset[str] | None) -> dict[str, Any]:
    """Return the output with the fields that may be read: the others are not there."""
    return output if reads is None else _kept(output, "", reads)


def _kept(value: Any, path: str, reads: frozenset[str]) -> Any:
    match value:
        case dict():
            inside = {name: f"{path}.{name}" if path else name for name in value}
            wanted = {name: one for name, one in inside.items() if _wanted(one, reads)}
            return {name: _kept(value[name], one, reads) for name, one in wanted.items()}
        case list():
            return [_kept(one, path, reads) for one in value]
    return value


def _wanted(path: str, reads: frozenset[str]) -> bool:
    return path in reads or any(name.startswith(f"{path}.") for name in reads)


def partial(model: type[M], values: dict[str, Any]) -> M:
    """Return a model of the fields that are there; asking it for another is an AttributeError, never a default."""
    fields = model.model_fields
    made = {name: _read(fields[name].annotation, value) for name, value in values.items()}
    return model.model_construct(set(made), **made) if len(made) == len(fields) else _without_defaults(model, made)


def _without_defaults(model: type[M], made: dict[str, Any]) -> M:
    found = model.model_construct(set(made), **made)
    for name in model.model_fields.keys() - made.keys():
        found.__dict__.pop(name, None)
    return found


def _read(annotation: Any, value: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return partial(annotation, value)
    inner = get_args(annotation)
    if inner and isinstance(inner[0], type) and issubclass(inner[0], BaseModel) and isinstance(value, list):
        return tuple(partial(inner[0], one) for one in value)
    return _adapter(annotation).validate_python(value)


@lru_cache(maxsize=512)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)
