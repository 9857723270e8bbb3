"""What a program's file says of itself."""

import struct
from pathlib import Path

from common import wrong

MACHINES = {"x86_64": 62, "aarch64": 183}
DYNAMIC, INTERPRETER = 2, 3
NEEDED = 1
SYMBOLS = 2
LARGEST = 12 * 1000 * 1000


def elf(file, architecture):
    """Static: no loader, and no library. (It is relocated by itself, for which it has a dynamic section.)"""
    data = file.read_bytes()
    if len(data) > LARGEST:
        wrong(file, f"is {len(data)} bytes, expected {LARGEST} at most")
    if data[:6] != b"\x7fELF\x02\x01":
        return wrong(file, "is no 64-bit ELF")
    machine = struct.unpack_from("<H", data, 18)[0]
    if machine != MACHINES[architecture]:
        wrong(file, f"is for machine {machine}, expected {MACHINES[architecture]}")
    segments, sections = struct.unpack_from("<QQ", data, 32)
    segment_size, segment_count, section_size, section_count = struct.unpack_from("<HHHH", data, 54)
    for at in range(segments, segments + segment_size * segment_count, segment_size):
        kind, offset, size = struct.unpack_from("<I4xQ16xQ", data, at)
        if kind == INTERPRETER:
            wrong(file, "asks for a loader")
        if kind == DYNAMIC:
            for tag in struct.iter_unpack("<qQ", data[offset:offset + size]):
                if tag[0] == NEEDED:
                    wrong(file, "asks for a library")
    for at in range(sections, sections + section_size * section_count, section_size):
        if struct.unpack_from("<4xI", data, at)[0] == SYMBOLS:
            wrong(file, "is not stripped")
    for path in (Path.home() / ".cargo", Path.cwd()):
        if str(path).encode() in data:
            wrong(file, f"tells where it was built: {path}")
