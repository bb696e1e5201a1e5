"""What a student's program may ask of the kernel: a seccomp filter, written for the two machines that we know.

The sandbox takes files, network and other processes out of sight. This closes what is left: keyrings, looking into
other processes, namespaces inside the namespace, memory that no process is seen to hold, and what the whole machine has
only so much of (places for asynchronous reading, watched files, the disks' time). A call that is refused fails as it
does on a system without it, so that a library which only tries it goes on.

A filter is a program for a tiny machine with one register, which the kernel runs before each system call. It sees the
call's number, the machine's, and the arguments. Ours is a list of refusals and five looks at an argument; everything
else is allowed, except what is newer than this list: nobody has looked at that.
"""

from __future__ import annotations

import errno
import os
import platform
import struct
import sys

__all__ = ["descriptor", "program"]

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column in `REFUSED`, and how the kernel calls it

# name, number on x86_64, number on aarch64 (- where it has none)
REFUSED = """
add_key 248 217            request_key 249 218         keyctl 250 219
ptrace 101 117             process_vm_readv 310 270    process_vm_writev 311 271   process_madvise 440 440
kcmp 312 272               pidfd_getfd 438 438
shmget 29 194              shmat 30 196                shmctl 31 195
semget 64 190              msgget 68 186               mq_open 240 180
memfd_create 319 279       memfd_secret 447 447
unshare 272 97             setns 308 268               clone3 435 435
mount 165 40               umount2 166 39              pivot_root 155 41           chroot 161 51
open_tree 428 428          move_mount 429 429          fsopen 430 430              fsconfig 431 431
fsmount 432 432            fspick 433 433              mount_setattr 442 442
bpf 321 280                perf_event_open 298 241     userfaultfd 323 282         fanotify_init 300 262
io_uring_setup 425 425     io_uring_enter 426 426      io_uring_register 427 427
open_by_handle_at 304 265  name_to_handle_at 303 264   lookup_dcookie 212 18       personality 135 92
kexec_load 246 104         kexec_file_load 320 294     init_module 175 105         finit_module 313 273
delete_module 176 106      syslog 103 116              swapon 167 224              swapoff 168 225
reboot 169 142             acct 163 89                 quotactl 179 60             quotactl_fd 443 443
vmsplice 278 75
settimeofday 164 170       clock_settime 227 112       clock_adjtime 305 266       adjtimex 159 171
vhangup 153 58             modify_ldt 154 -            ioperm 173 -                iopl 172 -
io_setup 206 0             inotify_init 253 -          inotify_init1 294 26         sync 162 81
syncfs 306 267
"""
NEWEST = 456  # futex_requeue, of Linux 6.7; of late the two machines share the numbers
CLONE, MMAP, SOCKET, SOCKETPAIR, FCNTL = (56, 220), (9, 222), (41, 198), (53, 199), (72, 25)
NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW... that clone() takes
SHARED_ANONYMOUS, HUGE_PAGES = 0x21, 0x40000  # flags of mmap: pages that outlive the process that filled them
# Of fcntl: leases, which keep everybody else who opens a file waiting, and news of what others do in a folder.
SETLEASE, NOTIFY, SETDELEG = 1024, 1026, 1040
# Of sockets: unix, which Jupyter talks through here, and netlink with addresses and routes, which libraries ask for. No
# internet: nobody is there, its buffers count to no process, and others (vsock) leave the network namespace.
FAMILIES, NETLINK = (1, 16), 16

NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # where they are in what the kernel shows
LOAD, AND, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # REFUSE + an error number


def program(machine: str) -> bytes:
    """Assemble the filter; empty for a machine that we have no numbers for.

    Examples
    --------
    >>> len(program("x86_64")) % 8, program("riscv64")
    (0, b'')
    """
    if machine not in MACHINES or sys.byteorder != "little":
        return b""
    column, own = MACHINES[machine]
    missing, forbidden = REFUSE + errno.ENOSYS, REFUSE + errno.EPERM
    # Each step: code, steps to skip if it holds, steps to skip if not, operand.
    steps = [(LOAD, 0, 0, MACHINE), (EQUAL, 1, 0, own), (RETURN, 0, 0, missing)]  # 32-bit calls have other numbers
    steps += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, NEWEST + 1), (RETURN, 0, 0, missing)]  # x32 begins far above
    words = REFUSED.split()
    for number in words[1 + column :: 3]:
        if number != "-":
            steps += [(EQUAL, 0, 1, int(number)), (RETURN, 0, 0, missing)]
    # In the looks at arguments the step that returns is jumped over when all is well; then the number is loaded again.
    steps += [(EQUAL, 0, 4, CLONE[column]), (LOAD, 0, 0, ARGUMENTS), (ANY_BIT, 0, 1, NEW_NAMESPACES)]
    steps += [(RETURN, 0, 0, forbidden), (LOAD, 0, 0, NUMBER)]
    steps += [(EQUAL, 0, 6, MMAP[column]), (LOAD, 0, 0, ARGUMENTS + 3 * 8), (ANY_BIT, 2, 0, HUGE_PAGES)]
    steps += [(AND, 0, 0, SHARED_ANONYMOUS), (EQUAL, 0, 1, SHARED_ANONYMOUS)]
    steps += [(RETURN, 0, 0, forbidden), (LOAD, 0, 0, NUMBER)]
    look = [(LOAD, 0, 0, ARGUMENTS + 8), (EQUAL, 2, 0, SETLEASE), (EQUAL, 1, 0, NOTIFY), (EQUAL, 0, 1, SETDELEG)]
    look += [(RETURN, 0, 0, forbidden), (LOAD, 0, 0, NUMBER)]
    steps += [(EQUAL, 0, len(look), FCNTL[column]), *look]
    refused = (RETURN, 0, 0, REFUSE + errno.EAFNOSUPPORT)
    looks = [(LOAD, 0, 0, ARGUMENTS), *_one_of(FAMILIES), refused]
    looks += [(EQUAL, 0, 3, NETLINK), (LOAD, 0, 0, ARGUMENTS + 2 * 8), (EQUAL, 1, 0, 0), refused]
    steps += [(EQUAL, 1, 0, SOCKET[column]), (EQUAL, 0, len(looks), SOCKETPAIR[column]), *looks]
    steps += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _one_of(values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Jump over the next step, which refuses, if the register holds one of these."""
    return [(EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]


def descriptor() -> int | None:
    """Open a pipe that holds this machine's filter, for ``bwrap --seccomp``; None where there is none. Read it once."""
    code = program(platform.machine())
    if not code:
        return None
    read, write = os.pipe()
    os.write(write, code)  # smaller than what a pipe takes at once
    os.close(write)
    return read
