"""Checkpoints that ask for more memory, time or stack than a model needs, and checkpoints that are malformed.

Every maker writes a small file. `PICKLES` holds indexes of checkpoints as opcodes, `ARCHIVES` other files.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch

PROTO = b"\x80\x02"
ORDERED_DICT = b"ccollections\nOrderedDict\n"
COUNTER = b"ccollections\nCounter\n"
ENCODE = b"c_codecs\nencode\n"


def text(value: str) -> bytes:
    """The opcode of a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def put(slot: int) -> bytes:
    """The opcode that remembers the last object."""
    return b"r" + struct.pack("<I", slot)


def get(slot: int) -> bytes:
    """The opcode that gives the object of a slot again."""
    return b"j" + struct.pack("<I", slot)


def big(number: int) -> bytes:
    """The opcode of a whole number of up to 255 bytes."""
    data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def within(content: bytes) -> bytes:
    """The opcodes of a dictionary with one object under the name w."""
    return PROTO + b"}" + text("w") + content + b"s."


def storage(numbers: int, kind: str = "FloatStorage", key: bytes = b"X\x01\x00\x00\x000") -> bytes:
    """The opcodes of a storage that claims so many numbers."""
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + key + text("cpu") + big(numbers) + b"tQ"


def tensor(content: bytes, size: bytes, stride: bytes) -> bytes:
    """The opcodes of a tensor over a storage."""
    rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n("
    return rebuild + content + b"K\x00" + size + stride + b"\x89" + ORDERED_DICT + b")RtR"


def empty_lists(count: int = 13_000_000) -> bytes:
    """A list of empty lists: each byte of the file becomes an object of 56 bytes."""
    return PROTO + b"](" + b"]" * count + b"e."


def empty_dicts(count: int = 4_000_000) -> bytes:
    """A list of empty dictionaries, each appended by itself."""
    return PROTO + b"]" + b"}a" * count + b"."


def calls(name: bytes, count: int = 1_500_000) -> bytes:
    """A list of empty OrderedDicts or Counters: each three bytes of the file become an object of some 400 bytes."""
    return PROTO + b"](" + name + put(0) + (get(0) + b")R") * count + b"e."


def remembered(count: int = 2_500_000) -> bytes:
    """One object in millions of slots of the memo."""
    return PROTO + b"N" + b"".join(map(put, range(count))) + b"."


def encoded_text(size: int = 4_000_000, count: int = 4000) -> bytes:
    """One long text, encoded to bytes thousands of times."""
    arguments = text("x" * size) + text("latin1") + b"\x86" + put(0)
    return PROTO + b"](" + arguments + (ENCODE + get(0) + b"R") * count + b"e."


def slow_codec() -> bytes:
    """A text in a codec that takes a time that grows with the square of its length."""
    return PROTO + ENCODE + text("".join(map(chr, range(0x4E00, 0x9000))) * 4) + text("punycode") + b"\x86R."


def copied(name: bytes, size: int = 100_000, count: int = 4000) -> bytes:
    """A large dictionary, copied thousands of times by OrderedDict or Counter."""
    items = b"".join(b"J" + struct.pack("<i", number) + b"K\x01" for number in range(size))
    return PROTO + b"](}(" + items + b"u" + b"\x85" + put(0) + (name + get(0) + b"R") * count + b"e."


def counted_text(size: int = 4_000_000, count: int = 4000) -> bytes:
    """The letters of a long text, counted thousands of times."""
    arguments = text("x" * size) + b"\x85" + put(0)
    return PROTO + b"](" + arguments + (COUNTER + get(0) + b"R") * count + b"e."


def built(size: int = 100_000, count: int = 4000) -> bytes:
    """A large dictionary, copied into the attributes of thousands of OrderedDicts."""
    items = b"".join(text(str(number)) + b"K\x01" for number in range(size))
    return PROTO + b"](}(" + items + b"u" + put(0) + (ORDERED_DICT + b")R" + get(0) + b"b") * count + b"e."


def deep_tuple(depth: int = 1_000_000) -> bytes:
    """A tuple in a tuple a million times, as the key of a dictionary: its hash recurses in C."""
    return PROTO + b"})" + b"\x85" * depth + b"K\x01s."


def deep_list(depth: int = 1_000_000) -> bytes:
    """A list in a list a million times."""
    return PROTO + b"]" * depth + b"a" * (depth - 1) + b"."


def doubled_tuple(depth: int = 100) -> bytes:
    """A tuple of twice the tuple before, a hundred times, as a key: its hash takes two to the hundredth steps."""
    return PROTO + b"})" + (put(0) + get(0) + b"\x86") * depth + b"K\x01s."


def colliding_keys(count: int = 300_000) -> bytes:
    """Whole numbers with one and the same hash as keys: each is compared with all before it."""
    modulus = 2**61 - 1
    return PROTO + b"}(" + b"".join(big(number * modulus) + b"N" for number in range(1, count)) + b"u."


def colliding_tuples(count: int = 200_000) -> bytes:
    """The same within tuples."""
    modulus = 2**61 - 1
    return PROTO + b"}(" + b"".join(big(number * modulus) + b"\x85N" for number in range(1, count)) + b"u."


def compared_texts(size: int = 4_000_000, count: int = 400_000) -> bytes:
    """Two equal long texts as keys of one dictionary: they are compared in full each time."""
    second = text("x" * size) + put(1)
    return PROTO + b"}" + text("x" * size) + b"Ns" + second + b"Ns" + (get(1) + b"Ns") * count + b"."


def claimed_text(opcode: bytes = b"X", size: bytes = b"\xff\xff\xff\x7f") -> bytes:
    """A few bytes that claim a text of gigabytes."""
    return PROTO + b"}" + opcode + size + b"abc"


def claimed_storage(numbers: int = 10**12) -> bytes:
    """A tensor over a storage that claims more numbers than the file has bytes."""
    return within(tensor(storage(numbers), b"K\x04\x85", b"K\x01\x85"))


def many_claims(numbers: int = 2**30, count: int = 20_000) -> bytes:
    """Thousands of storages of a gigabyte each."""
    each = (tensor(storage(numbers, key=text(str(key))), b"K\x04\x85", b"K\x01\x85") for key in range(count))
    return PROTO + b"}(" + b"".join(text(f"w{key}") + content for key, content in enumerate(each)) + b"u."


def grown_storage() -> bytes:
    """A tensor of more numbers than its storage has, which torch would grow."""
    return within(tensor(storage(1), big(10**9) + b"\x85", b"K\x01\x85"))


def called_storage() -> bytes:
    """A call of the class of storages with a size."""
    return within(b"ctorch.storage\nUntypedStorage\n" + big(10**10) + b"\x85R")


def long_number(digits: int = 30_000_000) -> bytes:
    """A whole number of many bytes."""
    return within(b"\x8b" + struct.pack("<i", digits) + b"\x7f" * digits)


PICKLES: dict[str, Callable[[], bytes]] = {
    "empty lists": empty_lists,
    "empty dicts": empty_dicts,
    "OrderedDicts": lambda: calls(ORDERED_DICT),
    "Counters": lambda: calls(COUNTER),
    "sets": lambda: calls(b"c__builtin__\nset\n"),
    "memo": remembered,
    "encoded text": encoded_text,
    "slow codec": slow_codec,
    "copied OrderedDict": lambda: copied(ORDERED_DICT),
    "copied Counter": lambda: copied(COUNTER),
    "copied set": lambda: copied(b"c__builtin__\nset\n"),
    "counted text": counted_text,
    "built": built,
    "deep tuple": deep_tuple,
    "deep list": deep_list,
    "doubled tuple": doubled_tuple,
    "colliding keys": colliding_keys,
    "colliding tuples": colliding_tuples,
    "compared texts": compared_texts,
    "claimed storage": claimed_storage,
    "many claims": many_claims,
    "called storage": called_storage,
    "long number": long_number,
}
"""Indexes that ask for too much, by what they do."""

MALFORMED: dict[str, bytes] = {
    "claimed text": claimed_text(),
    "claimed text of 4 GB": claimed_text(size=b"\xff\xff\xff\xff"),
    "claimed text of 2**63": claimed_text(b"\x8d", b"\xff" * 7 + b"\x7f"),
    "claimed text of 2**64": claimed_text(b"\x8d", b"\xff" * 8),
    "claimed bytes of 2**64": claimed_text(b"\x8e", b"\xff" * 8),
    "claimed bytearray": claimed_text(b"\x96", b"\xff" * 8),
    "claimed number": claimed_text(b"\x8b", b"\xff\xff\xff\x7f"),
    "negative number": claimed_text(b"\x8b", b"\xff\xff\xff\xff"),
    "negative bytes": claimed_text(b"T", b"\xff\xff\xff\xff"),
    "claimed frame": b"\x80\x04\x95" + b"\xff" * 8 + b"}.",
    "no STOP": PROTO + b"}",
    "nothing on the stack": PROTO + b".",
    "append to nothing": PROTO + b"Na.",
    "append to a number": PROTO + b"K\x01K\x02a.",
    "set in nothing": PROTO + b"s.",
    "set an odd item": PROTO + b"}(Nu.",
    "no MARK": PROTO + b"NNt.",
    "MARK at the end": PROTO + b"(.",
    "MARK in a tuple": PROTO + b"N(\x86.",
    "unknown slot": PROTO + b"h\x07.",
    "put of nothing": PROTO + b"q\x00.",
    "call of nothing": PROTO + b")R.",
    "call of a number": PROTO + b"K\x01)R.",
    "call without a tuple": PROTO + ORDERED_DICT + b"K\x01R.",
    "build of a number": PROTO + b"K\x01}b.",
    "build from a number": PROTO + ORDERED_DICT + b")RK\x01b.",
    "storage of nothing": PROTO + b"NQ.",
    "storage of an empty tuple": PROTO + b")Q.",
    "storage of a text": PROTO + text("storage") + b"Q.",
    "storage of a short tuple": PROTO + text("storage") + b"\x85Q.",
    "storage of a module": within(b"(" + text("module") + text("a") * 4 + b"tQ"),
    "negative storage": within(tensor(storage(-5), b"K\x04\x85", b"K\x01\x85")),
    "storage of 2**2000 numbers": within(tensor(storage(2**2000), b"K\x04\x85", b"K\x01\x85")),
    "storage of no kind": within(tensor(storage(4, "float32"), b"K\x04\x85", b"K\x01\x85")),
    "storage of a list": within(b"(" + text("storage") + b"]" * 4 + b"tQ"),
    "storage under a list": within(tensor(storage(4, key=b"]"), b"K\x04\x85", b"K\x01\x85")),
    "tensor of 2**62": within(tensor(storage(4), big(2**62) + big(2**62) + b"\x86", b"K\x01K\x01\x86")),
    "tensor of negative size": within(tensor(storage(4), big(-4) + b"\x85", b"K\x01\x85")),
    "tensor of a text": within(tensor(storage(4), text("4"), text("4"))),
    "a list as a key": PROTO + b"}]Ns.",
    "NaN as text": PROTO + b"Fnan\n.",
    "a number of many digits": PROTO + b"I" + b"9" * 100_000 + b"\n.",
    "a text that is not UTF-8": PROTO + b"X\x02\x00\x00\x00\xff\xfe.",
    "a surrogate": within(b"X\x03\x00\x00\x00\xed\xa0\x80"),
    "a protocol of the future": b"\x80\xff}.",
    "an extension": PROTO + b"\x82\x01.",
    "a buffer": b"\x80\x05\x97.",
}
"""Indexes that are no sound pickles, or none that torch writes."""


def write(path: Path, index: bytes, *, legacy: bool = False) -> Path:
    """A checkpoint with this index, in torch's zip archive or in the layout of torch before 1.6."""
    if legacy:
        start = io.BytesIO()
        torch.save({}, start, _use_new_zipfile_serialization=False)
        head = start.getvalue()[: start.getvalue().rindex(PROTO + b"}q\x00.")]
        path.write_bytes(head + index + PROTO + b"]q\x00.")
        return path
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", index)
        archive.writestr("x/byteorder", b"little")
        archive.writestr("x/version", b"3\n")
        archive.writestr("x/data/0", b"\0" * 16)
    return path


def bare(path: Path, index: bytes) -> Path:
    """A pickle by itself."""
    path.write_bytes(index)
    return path


def overwritten(path: Path, attribute: str, wrapper: str = "") -> Path:
    """A sound OrderedDict of four zeros as w, in which an attribute such as `items` is the number 7.

    wrapper: the name under which it lies in another one of that kind, if any.
    """
    state = b"}" + text(attribute) + b"K\x07sb"
    content = ORDERED_DICT + b")R" + text("w") + tensor(storage(4), b"K\x04\x85", b"K\x01\x85") + b"s" + state
    if wrapper:
        content = ORDERED_DICT + b")R" + text(wrapper) + content + b"s" + state
    return write(path, PROTO + content + b".")


def members(path: Path, count: int = 900_000) -> Path:
    """A zip archive of a million empty files: a directory of some 50 MB, and of more in memory."""
    name = b"x/data.pkl"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    central = b"".join(entry + b"%08x" % number for number in range(count))
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def claimed_directory(path: Path) -> Path:
    """A zip archive whose end claims a directory of 4 GB."""
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 0xFFFFFFF0, 4, 0)
    path.write_bytes(b"PK\3\4" + b"\0" * 60 + end)
    return path


def header(path: Path, text: bytes) -> Path:
    """A safetensors file with this header and no numbers."""
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    return path


def nested_header(path: Path, size: int = 90_000_000) -> Path:
    """A safetensors header of 90 MB of empty lists."""
    return header(path, b'{"w":[' + b"[]," * (size // 3) + b"[]]}")


def odd_headers() -> dict[str, bytes]:
    """Safetensors headers that are wrong in one place each."""
    sound = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    changes: dict[str, object] = {
        "no offsets": {"dtype": "F32", "shape": [2]},
        "offsets of text": sound | {"data_offsets": ["0", "8"]},
        "one offset": sound | {"data_offsets": [8]},
        "nested offsets": sound | {"data_offsets": [[0], [8]]},
        "negative offsets": sound | {"data_offsets": [-8, 0]},
        "offsets of 2**64": sound | {"data_offsets": [0, 2**64]},
        "offsets of 2**70": sound | {"data_offsets": [2**70, 2**70 + 8]},
        "a shape of text": sound | {"shape": "2"},
        "a negative shape": sound | {"shape": [-2]},
        "a kind of number": sound | {"dtype": 3},
        "a list": [sound],
        "nothing": None,
    }
    headers = {what: json.dumps({"w": change}).encode() for what, change in changes.items()}
    return headers | {
        "metadata of a number": b'{"__metadata__":{"a":1}}',
        "metadata of text": b'{"__metadata__":"a"}',
        "a number of many digits": b'{"w":{"dtype":"F32","shape":[' + b"9" * 6000 + b'],"data_offsets":[0,8]}}',
        "infinity": b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,Infinity]}}',
        "an exponent": b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,1e999]}}',
        "a deep list": b'{"w":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        "a surrogate": b'{"\\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
    }


def yaml_texts() -> dict[str, str]:
    """Configurations that ask a YAML reader for too much, or that hold what no configuration holds."""
    sound = (
        "model:\n  target: taming.models.vqgan.VQModel\n  params:\n    embed_dim: 16\n    ddconfig: {double_z: "
        "false, z_channels: 32, resolution: 16, in_channels: 3, out_ch: 3, ch: 32, ch_mult: [1, 2], "
        "num_res_blocks: 1, attn_resolutions: [8], dropout: 0.0}\n    n_embed: "
    )
    bomb = "a0: &a0 {x: 1}\n" + "".join(
        f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 20)}]\n  y{n}: {n}\n" for n in range(1, 9)
    )
    lists = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 20)}]\n" for n in range(1, 9))
    return {
        "hexadecimal digits": sound + "0x" + "f" * 6000,
        "decimal digits": sound + "9" * 6000,
        "binary digits": sound + "0b" + "1" * 6000,
        "sexagesimal digits": sound + "1" + ":59" * 6000,
        "sexagesimal number": sound + "17478:15:00",
        "merged aliases": bomb,
        "aliases": lists,
        "a reference to itself": "model: &a\n  params: *a\n",
        "a list of itself": "model: &a [*a]\n",
        "a merge of itself": "model: &a\n  <<: *a\n",
        "a date out of range": sound + "2001-99-99",
        "a time out of range": sound + "2001-01-01 99:99:99",
        "deep lists": "model: " + "[" * 5000,
        "deep mappings": "model: " + "{a: " * 5000,
        "many values": "model: [" + "1," * 450_000 + "]\n",
        "null": "null\n",
        "a null model": "model: null\n",
        "null params": "model:\n  target: taming.models.vqgan.VQModel\n  params: null\n",
        "a null section": sound.replace("ddconfig: {", "ddconfig: null\n    other: {") + "16\n",
        "infinity": sound + ".inf",
        "not a number": sound + ".nan",
        "a list as a key": "model: {[a]: b}\n",
        "a set": sound + "!!set {a}",
        "bytes": sound + "!!binary '####'",
        "two documents": "a: 1\n---\nb: 2\n",
        "a byte of a terminal": "model: \x1b[2J\n",
        "a tag": "model: !!python/object/apply:os.system ['true']\n",
    }


def mutations(data: bytes, random: Random) -> bytes:
    """A sound file, changed at one to four places: bytes, lengths, opcodes, parts left out or written twice."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        if len(changed) < 16:
            break
        start = random.randrange(len(changed))
        # Most of a checkpoint are numbers: half of the changes go to its beginning or to its end.
        if random.random() < 0.5:
            start = random.choice([start % 2048, max(0, len(changed) - 1 - start % 2048)]) % len(changed)
        end = min(len(changed), start + random.choice([1, 2, 4, 8, 64, 1024]))
        match random.randrange(7):
            case 0:
                changed[start] = random.randrange(256)
            case 1:
                changed[start] = random.choice(OPCODES)
            case 2:
                size = random.choice([2, 4, 8])
                length = random.choice(
                    [0, 1, 2**7, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1]
                )
                changed[start : start + size] = length.to_bytes(size, random.choice(["little", "big"]))
            case 3:
                del changed[start:end]
            case 4:
                changed[start:start] = changed[start:end] * random.choice([1, 2, 100])
            case 5:
                other = random.randrange(len(changed))
                changed[start:end] = changed[other : other + end - start]
            case _:
                del changed[max(16, start) :]
    return bytes(changed)


OPCODES = bytes([*b"()]}NQRbahjoqrstuX0123456789KMJ.IUVceglpd", *range(0x80, 0x99)])
"""Bytes that begin an opcode of a pickle."""


def random_index(random: Random, length: int = 60) -> bytes:
    """A pickle of random opcodes, most of which find what they need on the stack."""
    made, depth, marks = [PROTO], 0, 0
    constants = [b"N", b"\x88", b"\x89", b")", b"]", b"}", b"K\x05", b"M\x00\x01", big(2**70), big(-1), text("w")]
    constants += [text("storage"), text("cpu"), text("0"), text("latin1"), b"U\x02ab", b"G" + struct.pack(">d", 0.5)]
    classes = [ORDERED_DICT, COUNTER, ENCODE, b"ctorch\nFloatStorage\n", b"ctorch\nSize\n", b"ctorch\nfloat32\n"]
    classes += [
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch._utils\n_rebuild_parameter\n",
        b"c__builtin__\nset\n",
    ]
    whole = [storage(4), tensor(storage(4), b"K\x04\x85", b"K\x01\x85"), b"h\x00", b"h\x01", b"q\x00", b"q\x01"]
    for _ in range(length):
        kind = random.random()
        if kind < 0.45 or not depth:
            made.append(random.choice([*constants, *classes, *whole]))
            depth += made[-1][:1] != b"q"
        elif kind < 0.55:
            made.append(b"(")
            marks += 1
        elif kind < 0.65 and marks:
            made.append(random.choice([b"t", b"u", b"e", b"l", b"d", b"1"]))
            marks -= 1
        else:
            made.append(random.choice([b"R", b"\x81", b"b", b"a", b"s", b"\x85", b"\x86", b"\x87", b"Q", b"0", b"2"]))
    return b"".join([*made, b"."])
