"""Bounds what loading a pickle would take, without loading it, by an abstract interpretation of its opcodes.

`pickletools.genops` yields the opcodes. `Walk` keeps the stack and the memo of an unpickler, with a `_Value` for each
object: its size, how deep it is nested, and the value of a tuple or a constant. It stops as soon as loading would
exceed the `Budget`; the same numbers and the bytes of the pickle bound the walk itself.
"""

from __future__ import annotations

import pickletools
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, BinaryIO

MAX_OPERATIONS = 2_000_000
"""Limit per file. A state dict takes about 30 per tensor; with optimiser states, about 200,000 in all."""
MAX_MEMORY = 512 * 2**20
"""Bytes of all objects except for the numbers of tensors; see `_CALL` for a tensor."""
MAX_DEPTH = 500
"""Limit of nested containers. The hash of a tuple, like much code in C, recurses once per level."""

STORAGES = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2,
    "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Bool": 1,
}  # fmt: skip
"""Bytes of one number, by the kind of storage."""
_ITEM_BYTES = {f"torch.{kind}Storage": size for kind, size in STORAGES.items()} | {"torch.storage.UntypedStorage": 1}
# These copy their argument and hash each item of it.
_COPYING = frozenset(["collections.OrderedDict", "collections.Counter", "builtins.set"])
# Python pickles bytes as a string in this codec. Others, such as punycode, take quadratic time.
_CODECS = ("latin1", "latin-1")
# Larger integers have the same hashes as smaller ones.
_HASH_MODULUS = 2**61 - 1
_BLOCK = 1024
# Bytes of an item in a list, an item in a dictionary, an empty container, and the result of a call.
_ITEM, _ENTRY, _CONTAINER, _CALL = 16, 100, 56, 512


class PickleError(ValueError):
    """torch cannot load the pickle. The message is a predicate without its subject."""


class ExcessError(PickleError):
    """Loading the pickle may exceed the budget. The message is a predicate without its subject."""


class Budget:
    """What the pickles of one file may take together.

    Args:
        stored: Bytes of the file, the limit of its storages together.
    """

    def __init__(self, stored: int) -> None:
        self.stored = stored
        self.operations = self.memory = self.claimed = 0
        self._storages: dict[str | int, int] = {}

    def check(self) -> None:
        """Raise ExcessError when the operations or the bytes so far exceed the budget."""
        if self.operations > MAX_OPERATIONS:
            raise ExcessError(f"needs more than {MAX_OPERATIONS} operations to load")
        if self.memory > MAX_MEMORY:
            raise ExcessError(f"needs more than {MAX_MEMORY // 2**20} MB beside its tensors")

    def claim(self, key: str | int, size: int) -> None:
        """Count the bytes of a storage once per key. Raise ExcessError when the file has fewer."""
        before = self._storages.get(key, 0)
        if size > before:
            self._storages[key] = size
            self.claimed += size - before
        if self.claimed > self.stored:
            raise ExcessError(f"claims more data than the {self.stored} bytes of the file")


class _Value:
    """What is known about an object on the stack.

    Attributes:
        size: Its bytes, without those of objects that it refers to.
        depth: Levels of containers in it.
        nodes: Objects that its hash visits.
        items: The items of a tuple.
        known: A constant, or the name of a global.
        mutable: Whether it can be filled.
        keys: Number of its keys whose hash the file decides.
    """

    __slots__ = ("depth", "items", "keys", "known", "mutable", "nodes", "size")

    def __init__(
        self,
        size: int,
        depth: int = 0,
        mutable: bool = False,
        known: Any = None,
        nodes: int = 1,
        items: tuple[_Value, ...] = (),
    ) -> None:
        self.size, self.depth, self.mutable, self.known = size, depth, mutable, known
        self.nodes, self.items, self.keys = nodes, items, 0


_CONSTANT = _Value(0)
_EMPTY_TUPLE = _Value(0, 1)


# Opcodes that push their argument as a constant.
_CONSTANTS = frozenset(
    code.name for code in pickletools.opcodes if code.arg and not code.stack_before and len(code.stack_after) == 1
) - {"GLOBAL", "GET", "BINGET", "LONG_BINGET", "PERSID", "EXT1", "EXT2", "EXT4"}


class Walk:
    """Walks through the pickles of one file, one after the other."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._stack: list[_Value] = []
        # The length of the stack at each MARK.
        self._marks: list[int] = []
        self._memo: dict[int, _Value] = {}
        self._most_nodes = 1
        self._steps = self._all_steps()

    def globals_of(self, pickle: BinaryIO) -> Iterator[tuple[str, str]]:
        """Yield every global that the next pickle names, with the string before it, which for a tensor is its name.

        Args:
            pickle: A pickle in memory. A file would allocate a claimed length before it reads.

        Raises:
            PickleError: torch cannot load it, or it exceeds the budget.
            ValueError, OverflowError, struct.error: `pickletools` cannot read it.
        """
        texts = ["", ""]
        stack, budget, steps = self._stack, self._budget, self._steps
        self._clear()
        # It has no `tell`, which genops would call before every opcode.
        source: Any = SimpleNamespace(read=pickle.read, readline=pickle.readline)
        codes: Iterator[tuple[pickletools.OpcodeInfo, Any, int | None]] = pickletools.genops(source)
        for count, (opcode, argument, _) in enumerate(codes, 1):
            # Checking after every opcode would double the time, and nothing is built meanwhile.
            if not count % _BLOCK:
                budget.operations += _BLOCK
                budget.check()
            name = opcode.name
            if name in _CONSTANTS:
                size = sys.getsizeof(argument)
                budget.memory += size
                stack.append(_Value(size, 0, False, argument))
                if type(argument) is str and argument != "storage":
                    texts = [texts[-1], argument]
            elif step := steps.get(name):
                step(argument)
            elif name == "GLOBAL":
                found = argument.replace(" ", ".").replace("__builtin__.", "builtins.")
                yield found, texts[-1]
                stack.append(_Value(0, known=found))
            elif name == "STACK_GLOBAL":
                found = ".".join(str(value.known) for value in self._take(2))
                yield found, ""
                stack.append(_Value(0, known=found))
            elif name == "INST":
                # Protocol 0: a class, and its arguments since the last MARK.
                found = argument.replace(" ", ".").replace("__builtin__.", "builtins.")
                yield found, texts[-1]
                self._call(_Value(0, known=found), self._tuple_of(self._since_mark()))
            else:
                self._generic(opcode, argument)
        budget.check()
        self._clear()

    def _clear(self) -> None:
        self._stack.clear()
        self._marks.clear()
        self._memo.clear()

    def _all_steps(self) -> dict[str, Callable[[Any], object]]:
        """The effects of opcodes for which the counts of `_generic` are not enough."""
        stack, take, mark = self._stack, self._take, self._since_mark
        steps: dict[str, Callable[[Any], object]] = {
            "MARK": lambda _: self._marks.append(len(stack)),
            "DUP": lambda _: stack.append(self._last()),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "EMPTY_TUPLE": lambda _: stack.append(_EMPTY_TUPLE),
            "TUPLE": lambda _: stack.append(self._tuple_of(mark())),
            "TUPLE1": lambda _: stack.append(self._tuple_of(take(1))),
            "TUPLE2": lambda _: stack.append(self._tuple_of(take(2))),
            "TUPLE3": lambda _: stack.append(self._tuple_of(take(3))),
            "LIST": lambda _: self._fill(self._container(), mark(), 0, _ITEM),
            "DICT": lambda _: self._fill(self._container(), mark(), 2, _ENTRY),
            "FROZENSET": lambda _: self._fill(self._container(), mark(), 1, _ENTRY),
            "APPEND": lambda _: self._fill(None, take(1), 0, _ITEM),
            "APPENDS": lambda _: self._fill(None, mark(), 0, _ITEM),
            "SETITEM": lambda _: self._fill(None, take(2), 2, _ENTRY),
            "SETITEMS": lambda _: self._fill(None, mark(), 2, _ENTRY),
            "ADDITEMS": lambda _: self._fill(None, mark(), 1, _ENTRY),
            "REDUCE": lambda _: self._call(*take(2)),
            "NEWOBJ": lambda _: self._call(*take(2)),
            "OBJ": lambda _: self._object(mark()),
            "BUILD": lambda _: self._build(*take(1)),
            "BINPERSID": lambda _: self._storage(*take(1)),
        }
        steps |= dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._put)
        steps |= dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), self._get)
        steps |= dict.fromkeys(("NONE", "NEWTRUE", "NEWFALSE"), lambda _: stack.append(_CONSTANT))
        steps |= dict.fromkeys(("EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"), lambda _: stack.append(self._container()))
        return steps

    def _generic(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        """Apply an opcode as `pickletools` describes it: how many objects it pops and pushes."""
        before = opcode.stack_before
        if pickletools.markobject in before:
            self._since_mark()
            before = before[: before.index(pickletools.markobject)]
        taken = self._take(len(before))
        for _ in opcode.stack_after:
            size = sys.getsizeof(argument) + sum(value.size for value in taken)
            depth = max((value.depth + 1 for value in taken), default=0)
            self._stack.append(self._new(_Value(size, depth, known=argument)))

    def _last(self) -> _Value:
        """Return the last object on the stack."""
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise PickleError("needs an object where the stack is empty")
        return self._stack[-1]

    def _take(self, count: int) -> list[_Value]:
        """Pop the last objects from the stack."""
        stack = self._stack
        start = len(stack) - count
        if start < (self._marks[-1] if self._marks else 0):
            raise PickleError("needs an object where the stack is empty")
        taken = stack[start:]
        del stack[start:]
        return taken

    def _since_mark(self) -> list[_Value]:
        """Pop the objects after the last MARK."""
        if not self._marks:
            raise PickleError("has no MARK where it needs one")
        start = self._marks.pop()
        taken = self._stack[start:]
        del self._stack[start:]
        return taken

    def _new(self, value: _Value) -> _Value:
        if value.depth > MAX_DEPTH:
            raise ExcessError(f"has containers nested more than {MAX_DEPTH} deep")
        self._budget.memory += value.size
        return value

    def _put(self, slot: int) -> None:
        if slot not in self._memo:
            self._budget.memory += _ENTRY
        self._memo[slot] = self._last()

    def _get(self, slot: int) -> None:
        if slot not in self._memo:
            raise PickleError("gets an object that it has not put")
        self._stack.append(self._memo[slot])

    def _container(self) -> _Value:
        self._budget.memory += _CONTAINER
        return _Value(_CONTAINER, 1, True)

    def _tuple_of(self, items: list[_Value]) -> _Value:
        depth, nodes = 0, 1
        for item in items:
            depth = max(depth, item.depth)
            nodes += item.nodes
        if nodes > MAX_OPERATIONS:
            raise ExcessError(f"has a tuple that unfolds to more than {MAX_OPERATIONS} objects")
        self._most_nodes = max(self._most_nodes, nodes)
        return self._new(_Value(_CONTAINER + _ITEM * len(items), depth + 1, False, None, nodes, tuple(items)))

    def _fill(self, made: _Value | None, items: list[_Value], step: int, each: int) -> None:
        """Put objects into a container.

        Args:
            made: The container, which is pushed; None for the last object on the stack.
            items: The objects.
            step: The first of so many objects is hashed; 0 when none is.
            each: Bytes of the container per step.
        """
        if made is not None:
            self._stack.append(made)
        target = self._last()
        if not target.mutable or (step and len(items) % step):
            raise PickleError("fills an object that is no container, or sets a key without a value")
        size = each * len(items) // (step or 1)
        target.size += size
        for item in items:
            if item.depth >= target.depth:
                target.depth = item.depth + 1
        if target.depth > MAX_DEPTH:
            raise ExcessError(f"has containers nested more than {MAX_DEPTH} deep")
        self._budget.memory += size
        if step:
            self._budget.operations += sum(self._looked_up(key, target) for key in items[::step])

    def _looked_up(self, key: _Value, target: _Value) -> int:
        """How many operations it takes to insert a key.

        Python randomises the hashes of strings, but not those of tuples and large numbers. A file can choose many
        keys with one hash, each of which is compared with all before it.
        """
        if key.items or (isinstance(key.known, (int, float)) and abs(key.known) >= _HASH_MODULUS):
            target.keys += 1
        return key.nodes - 1 + (key.size >> 10) + (target.keys >> 5)

    def _call(self, function: _Value, arguments: _Value) -> None:
        """Call a global. The result takes the bytes of its arguments and, if it copies them, of their items."""
        name = function.known
        if not isinstance(name, str):
            raise PickleError("calls an object that is no function")
        if name in _ITEM_BYTES:
            raise ExcessError("makes a storage that is not in the file")
        if name == "_codecs.encode" and [value.known for value in arguments.items[1:]] not in ([c] for c in _CODECS):
            raise ExcessError("encodes a text in another codec than pickle does")
        given = arguments.size + sum(value.size for value in arguments.items)
        operations = given >> 8
        if name in _COPYING:
            count = given // _ITEM
            operations += self._hashing(given) + (count * count >> 6)
            given = _ENTRY * count
        depth = 1 + max((value.depth for value in arguments.items), default=0)
        self._budget.operations += operations
        self._stack.append(self._new(_Value(_CALL + given, depth, True)))

    def _hashing(self, size: int) -> int:
        """The most operations that hashing all items of a container takes."""
        return (size >> 8) + size // _ITEM * (self._most_nodes >> 6)

    def _object(self, items: list[_Value]) -> None:
        if not items:
            raise PickleError("calls an object that is no function")
        self._call(items[0], self._tuple_of(items[1:]))

    def _build(self, state: _Value) -> None:
        """Set the state of the last object, which copies it to its attributes."""
        target = self._last()
        if not target.mutable:
            raise PickleError("gives a state to an object that has none")
        target.depth = max(target.depth, state.depth + 1)
        self._budget.operations += self._hashing(state.size)
        self._budget.memory += 2 * state.size

    def _storage(self, name: _Value) -> None:
        """Push the storage ("storage", class, key, device, numbers), in old files with a view."""
        items = [value.known for value in name.items]
        if len(items) not in (5, 6) or items[0] != "storage":
            raise PickleError("refers to an object that is no storage")
        _, kind, key, _, numbers = items[:5]
        if not isinstance(key, (str, int)) or not isinstance(numbers, int) or numbers < 0:
            raise PickleError("refers to a storage without a name or size")
        self._budget.claim(key, numbers * _ITEM_BYTES.get(str(kind), 1))
        self._stack.append(self._new(_Value(_CALL)))
