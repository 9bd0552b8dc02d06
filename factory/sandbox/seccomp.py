"""System-call filter as a classic BPF program, written out by hand: no library, x86_64 and aarch64.

It is the second wall, behind the namespaces: it takes away what makes kernels exploitable and what hides memory from
the limits. Everything not named here is allowed. See seccomp(2), and `Documentation/userspace-api/seccomp_filter.rst`
and `include/uapi/linux/{filter,seccomp,audit}.h` of the kernel for the numbers.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

# name: (x86_64, aarch64); -1 where the machine has no such call
_DENIED = {
    # the network; socketpair stays
    "socket": (41, 198), "bind": (49, 200), "listen": (50, 201), "connect": (42, 203),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "move_pages": (279, 239), "migrate_pages": (256, 238),
    # file systems and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262), "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224),
    "swapoff": (168, 225), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    # memory that no limit counts
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191), "msgget": (68, 186), "msgctl": (71, 187),
    "mq_open": (240, 180),
    # large attack surface
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "personality": (135, 92), "modify_ldt": (154, -1), "uselib": (134, -1), "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    # the machine
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "acct": (163, 89), "syslog": (103, 116), "vhangup": (153, 58),
    "iopl": (172, -1), "ioperm": (173, -1), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
# A worker of ours, besides: new programs, and files changed
_DENIED_TO_WORKERS = {
    "execve": (59, 221), "execveat": (322, 281),
    "creat": (85, -1), "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47), "mknod": (133, -1),
    "mknodat": (259, 33), "mkdir": (83, -1), "mkdirat": (258, 34), "rmdir": (84, -1), "unlink": (87, -1),
    "unlinkat": (263, 35), "rename": (82, -1), "renameat": (264, 38), "renameat2": (316, 276), "link": (86, -1),
    "linkat": (265, 37), "symlink": (88, -1), "symlinkat": (266, 36), "chmod": (90, -1), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1),
    "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
_NAMESPACES = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
_WRITING = 0o1103  # O_WRONLY | O_RDWR | O_CREAT | O_TRUNC
# numbers, which argument, the bits in it that are denied
_FLAGGED = {"clone": ((56, 220), 0, _NAMESPACES)}
_FLAGGED_FOR_WORKERS = {"open": ((2, -1), 1, _WRITING), "openat": ((257, 56), 2, _WRITING)}
# Their flags are in memory, which a filter cannot read: the C library falls back on clone and openat.
_UNKNOWN = {"clone3": (435, 435)}
_UNKNOWN_TO_WORKERS = {"openat2": (437, 437)}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_*
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; arguments of 8 bytes, low half first
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2


def program(machine: str = "", *, worker: bool = False) -> bytes | None:
    """Return the filter for `machine` (default: this one) as `struct sock_filter[]`; None for an unknown machine.

    A denied call fails with EPERM. `worker`: new programs and changes to files are denied as well.
    """
    if (machine := machine or platform.machine()) not in _ARCHITECTURES:
        return None
    column, architecture = _ARCHITECTURES[machine]
    denied = _DENIED | (_DENIED_TO_WORKERS if worker else {})
    unknown = _UNKNOWN | (_UNKNOWN_TO_WORKERS if worker else {})
    flagged = _FLAGGED | (_FLAGGED_FOR_WORKERS if worker else {})
    # Phase 1: the architecture, then the number of the call.
    lines: list[tuple[int, int | str, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        # Another architecture has other numbers.
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, "EPERM", 0, _X32_BIT),
        *((_JUMP_EQUAL, "EPERM", 0, numbers[column]) for numbers in denied.values() if numbers[column] >= 0),
        *((_JUMP_EQUAL, "ENOSYS", 0, numbers[column]) for numbers in unknown.values()),
    ]
    # Phase 2: calls that are denied only with some bits in one of their arguments.
    for numbers, argument, bits in flagged.values():
        if numbers[column] >= 0:
            lines += [
                (_JUMP_EQUAL, 0, 3, numbers[column]),
                (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
                (_JUMP_BITS, "EPERM", 0, bits),
                (_RETURN, 0, 0, _ALLOW),
            ]
    # Phase 3: the three verdicts, and jumps to them by distance.
    lines += [(_RETURN, 0, 0, value) for value in (_ALLOW, _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS)]
    targets = {"EPERM": len(lines) - 2, "ENOSYS": len(lines) - 1}
    return b"".join(
        # a jump counts the instructions it skips
        struct.pack("=HBBI", code, targets[true] - at - 1 if isinstance(true, str) else true, false, operand)
        for at, (code, true, false, operand) in enumerate(lines)
    )


class _SockFprog(ctypes.Structure):
    """`struct sock_fprog` of the kernel."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine() -> bool:
    """Put the filter on this thread and what it starts, for good: no network, no new programs, no file changed.

    For a forked worker, before it has other threads. Returns False where machine or kernel do not allow it; never
    raises.
    """
    try:
        filter_ = program(worker=True)
        if filter_ is None:
            return False
        libc = ctypes.CDLL(None)
        buffer = ctypes.create_string_buffer(filter_, len(filter_))
        wanted = _SockFprog(len(filter_) // 8, ctypes.cast(buffer, ctypes.c_void_p))
        word = ctypes.c_ulong
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, word(1), word(0), word(0), word(0)):
            return False
        return not libc.prctl(_PR_SET_SECCOMP, word(_MODE_FILTER), ctypes.byref(wanted), word(0), word(0))
    except (OSError, AttributeError, ctypes.ArgumentError):
        return False
