"""Ways out of the sandbox, and ways to hold more than one's share: each is tried, by root and by an ordinary user.

The one who grades has secrets here: in the environment, a keyring, shared memory, sockets, a pipe, a command line. What
runs inside looks for each of them, and at what lies about besides.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox needs Linux", allow_module_level=True)

from dlcourse.grading import sandbox, seccomp
from dlcourse.grading.results import Job, Settings
from dlcourse.grading.sandbox import why_no_sandbox
from dlcourse.lesson import files
from tests.conftest import missing
from tests.grading.corpus import Book
from tests.lesson.test_sandbox import as_nobody

SECRET = "hunter2-is-the-secret"

OUTSIDE = f"""
import ctypes, json, mmap, os, socket, subprocess, sys
from dlcourse.grading.sandbox import run_sandboxed, why_no_sandbox
libc = ctypes.CDLL(None, use_errno=True)
secret = {SECRET!r}
os.environ["SECRET_TOKEN"] = secret
numbers = {{"x86_64": (250, 248), "aarch64": (219, 217)}}[os.uname().machine]
libc.syscall(numbers[0], 1, b"class")                                             # a session keyring, and a key in it
libc.syscall(numbers[1], b"user", b"ticket", secret.encode(), len(secret), ctypes.c_int(-3))
libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(0x5EC4E7, 4096, 0o1666)
queue = libc.msgget(0x5EC4E7, 0o1666)
semaphores = libc.semget(0x5EC4E7, 1, 0o1666)
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0dlcourse-" + str(os.getpid()))
hidden.listen()
named = socket.socket(socket.AF_UNIX)
named.bind("/tmp/dlcourse-test-" + str(os.getpid()))
named.listen()
shared = open("/dev/shm/dlcourse-test-" + str(os.getpid()), "w") if os.access("/dev/shm", os.W_OK) else None
pipe, end = os.pipe()
os.set_inheritable(pipe, True)
os.write(end, secret.encode())
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # or its own child would keep our pipes open
sibling = subprocess.Popen(["/bin/sh", "-c", "sleep 60 # " + secret], **quiet)
look = LOOK % {{"me": os.getpid(), "secret": secret[::-1]}}
try:
    done = run_sandboxed([sys.executable, "-I", "-B", "-"], stdin=look)
    print(done.stdout, done.stderr)
finally:
    sibling.kill()
    for clean in (lambda: libc.shmctl(segment, 0, None), lambda: libc.msgctl(queue, 0, None),
                  lambda: libc.semctl(semaphores, 0, 0), lambda: os.unlink("/tmp/dlcourse-test-" + str(os.getpid())),
                  lambda: os.unlink(shared.name)):
        try: clean()
        except Exception: pass
"""

LOOK = r"""
import ctypes, json, os, platform, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
secret = "%(secret)s"[::-1]
seen = {}

def call(*words):
    ctypes.set_errno(0)
    value = libc.syscall(*words)
    return "works" if value >= 0 else os.strerror(ctypes.get_errno())

def tried(look):
    try:
        return look()
    except OSError as error:
        return error.strerror

seen["environment"] = sorted(os.environ)
seen["processes"] = [p for p in os.listdir("/proc") if p.isdigit()]
links = [tried(lambda: os.readlink("/proc/self/fd/" + n).split(":")[0]) for n in os.listdir("/proc/self/fd")]
seen["descriptors"] = [link for link in links if link != "No such file or directory"]
seen["secret in a file of a process"] = []
for pid in seen["processes"]:
    for name in ("environ", "cmdline", "comm", "status", "maps", "mountinfo", "auxv", "stack", "wchan", "cgroup"):
        text = tried(lambda: open("/proc/%%s/%%s" %% (pid, name), "rb").read())
        if isinstance(text, bytes) and secret.encode() in text:
            seen["secret in a file of a process"].append([pid, name])
def names():
    return [word.split("=")[0] for word in open("/proc/1/environ").read().split("\0")]
seen["environment of the first process"] = tried(names)
seen["keys"] = tried(lambda: open("/proc/keys").read())
n = {"x86_64": dict(keyctl=250, add_key=248, request_key=249, ptrace=101, vm_readv=310, shmget=29, semget=64, msgget=68,
                    mq_open=240, memfd=319, unshare=272, setns=308, mount=165, bpf=321, perf=298, uffd=323, uring=425,
                    pidfd_getfd=438, clone=56, mmap=9, handle=304, memfd_secret=447, kcmp=312, fcntl=72,
                    io_setup=206, inotify=294, sync=162, syncfs=306),
     "aarch64": dict(keyctl=219, add_key=217, request_key=218, ptrace=117, vm_readv=270, shmget=194, semget=190,
                    msgget=186, mq_open=180, memfd=279, unshare=97, setns=268, mount=40, bpf=280, perf=241, uffd=282,
                    uring=425, pidfd_getfd=438, clone=220, mmap=222, handle=265, memfd_secret=447,
                    kcmp=272, fcntl=25, io_setup=0, inotify=26, sync=81, syncfs=267)}[platform.machine()]
calls = {
    "search a keyring": (n["keyctl"], 10, ctypes.c_int(-3), b"user", b"ticket", 0),
    "the user's keyring": (n["keyctl"], 0, ctypes.c_int(-4), 0),
    "add a key": (n["add_key"], b"user", b"x", b"y", 1, ctypes.c_int(-3)),
    "request a key": (n["request_key"], b"user", b"ticket", None, 0),
    "attach to the first process": (n["ptrace"], 16, 1, 0, 0),
    "read the first process": (n["vm_readv"], 1, None, 0, None, 0, 0),
    "compare processes": (n["kcmp"], 1, os.getpid(), 0, 0, 0),
    "the segment": (n["shmget"], 0x5EC4E7, 4096, 0),
    "a segment of one's own": (n["shmget"], 0, 4096, 0o1600),
    "the semaphores": (n["semget"], 0x5EC4E7, 1, 0),
    "the queue": (n["msgget"], 0x5EC4E7, 0),
    "a POSIX queue": (n["mq_open"], b"q", 0o102, 0o600, None),
    "a file in memory": (n["memfd"], b"m", 0),
    "secret memory": (n["memfd_secret"], 0),
    "a user namespace": (n["unshare"], 0x10000000),
    "a mount namespace": (n["unshare"], 0x00020000),
    "a child in a user namespace": (n["clone"], 0x10000011, 0, 0, 0, 0),
    "another's namespace": (n["setns"], os.open("/proc/1/ns/mnt", 0) if os.access("/proc/1/ns", 4) else 0, 0),
    "mount": (n["mount"], b"none", b"/tmp", b"tmpfs", 0, None),
    "bpf": (n["bpf"], 0, None, 0),
    "perf": (n["perf"], None, 0, -1, -1, 0),
    "userfaultfd": (n["uffd"], 0),
    "io_uring": (n["uring"], 1, None),
    "a descriptor of another": (n["pidfd_getfd"], 0, 0, 0),
    "a file by its handle": (n["handle"], -100, None, 0),
    "pages shared with nobody": (n["mmap"], 0, 4096, 3, 0x21, -1, 0),
    "a place to read into, of those that all users share": (n["io_setup"], 8, ctypes.byref(ctypes.c_ulong())),
    "a watch on files, of those that a user has": (n["inotify"], 0),
    "all disks written": (n["sync"],),
    "a disk written": (n["syncfs"], 0),
    "a lease on a file": (n["fcntl"], os.open(os.__file__, 0), 1024, 0),
    "news of a folder": (n["fcntl"], os.open("/usr", 0), 1026, 1),
    "a list of mounts": (458, None, None, 0, 0),
    "a mount described": (457, None, None, 0, 0),
    "a mount with attributes": (467, -100, b"/usr", 1, None, 0),
    "x32": (0x40000000 | 39,),
    "huge pages": (n["mmap"], 0, 1 << 21, 3, 0x40022, -1, 0),
}
seen["calls that work"] = [name for name, words in calls.items() if call(*words) not in (
    "Function not implemented", "Operation not permitted")]
families = {"vsock": 40, "alg": 38, "packet": 17, "bluetooth": 31, "xdp": 44, "can": 29, "tipc": 30, "rds": 21}
def opens(family):
    socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_STREAM).close()
    return "opens"
seen["families that open"] = [name for name, f in families.items() if tried(lambda: opens(f)) == "opens"]
def connect(address):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(address)
    return "connects"
seen["sockets that connect"] = [a for a in ("\0dlcourse-%(me)s", "/tmp/dlcourse-test-%(me)s",
    "/run/dbus/system_bus_socket", "/var/run/docker.sock", "/tmp/.X11-unix/X0")
    if tried(lambda: connect(a)) == "connects"]
seen["shared zero"] = tried(lambda: [__import__("mmap").mmap(os.open("/dev/zero", os.O_RDWR), 4096), "mapped"][1])
seen["/dev/shm"] = os.listdir("/dev/shm")
seen["/dev"] = sorted(os.listdir("/dev"))
seen["/sys"] = os.path.exists("/sys")
seen["top"] = sorted(os.listdir("/"))
seen["/etc"] = sorted(os.listdir("/etc"))
seen["a terminal"] = tried(lambda: "made" if os.openpty() else "")
os.chdir("/tmp")
before = os.listdir("/tmp")  # the way to this checkout may begin there
if not (child := os.fork()):
    os.kill(os.getpid(), 6)
status = os.waitpid(child, 0)[1]
seen["crash"] = [os.WTERMSIG(status), os.WCOREDUMP(status), [name for name in os.listdir("/tmp") if name not in before]]
seen["written in /proc"] = [name for name in ("sys/kernel/core_pattern", "sys/vm/drop_caches", "sysrq-trigger",
    "sys/user/max_user_namespaces", "sys/kernel/hostname")
    if tried(lambda: open("/proc/" + name, "w").write("1")) in (1, "ok")]
seen["host name"] = socket.gethostname()
seen["setuid works"] = tried(lambda: os.setuid(0)) is None
seen["libraries work"] = subprocess.run(["/usr/bin/env", "true"]).returncode == 0
import threading
done = threading.Event(); threading.Thread(target=done.set).start(); seen["threads work"] = done.wait(5)
print(json.dumps(seen))
"""


@pytest.fixture(scope="module", params=["by the one who runs the tests", "by an ordinary user"])
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    if why := why_no_sandbox():
        missing(why)
    program = f"LOOK = {LOOK!r}\n{OUTSIDE}"
    if request.param == "by an ordinary user":
        if os.geteuid() != 0:
            pytest.skip("the tests run as one")
        done = as_nobody(program)
    else:
        done = subprocess.run([sys.executable, "-B", "-"], input=program, capture_output=True, text=True, check=False)
    assert done.stdout.strip(), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_is_visible_inside(seen):
    """All of it: what is added here is added with a reason."""
    assert set(seen["environment"]) <= {
        *("HOME", "LANG", "LC_CTYPE", "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "PWD"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONPATH"),
    }
    assert len(seen["processes"]) <= 3
    assert seen["descriptors"] == ["pipe"] * 3
    assert set(seen["top"]) <= {
        *("bin", "dev", "etc", "home", "lib", "lib32", "lib64", "proc", "root", "sbin", "tmp", "usr"),
        *(path.split("/")[1] for path in (sys.prefix, sys.base_prefix, os.path.dirname(seccomp.__file__))),
    }
    assert set(seen["etc" if "etc" in seen else "/etc"]) <= {"alternatives", "ld.so.cache", "localtime"}
    assert not set(seen["/dev"]) - {
        *("core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom"),
        "zero",
    }
    assert seen["/dev/shm"] == [] and not seen["/sys"]
    assert seen["host name"] == "sandbox"


def test_no_secret_of_the_one_who_grades_is_seen(seen):
    assert seen["secret in a file of a process"] == []
    assert seen["environment of the first process"] == "No such file or directory"
    assert "ticket" not in seen["keys"] and "keyring" not in seen["keys"]
    assert seen["sockets that connect"] == []


def test_no_door_is_open(seen):
    assert seen["calls that work"] == []
    assert seen["families that open"] == []
    assert seen["written in /proc"] == [] and not seen["setuid works"]
    assert seen["shared zero"] != "mapped" and seen["a terminal"] != "made"


def test_a_crash_leaves_no_dump_and_is_handed_to_nobody(seen):
    assert seen["crash"] == [6, False, []]


def test_every_folder_in_memory_is_closed_or_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also where the course lies in a checkout, and that among the packages."""
    if why := why_no_sandbox():
        missing(why)
    course = tmp_path / "course"
    (course / "dlcourse").mkdir(parents=True)
    (course / "pyproject.toml").touch()
    for package in (files.PACKAGE, course / "dlcourse"):
        monkeypatch.setattr(files, "PACKAGE", package)
        monkeypatch.setattr(sandbox, "site_folders", lambda: [tmp_path])
        line = sandbox.sandbox_command(["true"])
        folders = [line[k + 1] for k, word in enumerate(line) if word == "--tmpfs"]
        closed = {line[k + 1] for k, word in enumerate(line) if word == "--remount-ro"}
        assert sorted(set(folders) - closed) == ["/dev/shm", "/home/student", "/tmp"]
        assert line.count("--size") == 3 or "--size" not in sandbox._options()
    assert str(course) in closed


def test_what_a_program_needs_works(seen):
    assert seen["libraries work"] and seen["threads work"]


# --------------------------------------------------------------------------------------- more than one's share

HOLD = {
    "System V segments that nobody is attached to": """
        import ctypes
        libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
        libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        libc.shmdt.argtypes = [ctypes.c_void_p]
        for i in range(40):
            s = libc.shmget(0, ctypes.c_size_t(128 << 20), 0o1600); assert s >= 0
            a = libc.shmat(s, None, 0)
            ctypes.memset(a, 1, 128 << 20); libc.shmdt(a)
        held = True""",
    "pages that a dead child filled": """
        import mmap, os
        keep = []
        for i in range(6):
            m = mmap.mmap(-1, 128 << 20); keep.append(m)
            pid = os.fork()
            if pid == 0:
                for k in range(0, 128 << 20, 4096): m[k] = 1
                os._exit(0)
            os.waitpid(pid, 0)
        held = True""",
    "files in memory": """
        import os
        os.memfd_create("m")
        held = True""",
    "files deleted while open, where the sockets are": """
        import os
        words = open("/proc/self/cmdline").read().split("\\0")
        folder = os.path.dirname([w for w in words if w.endswith("c.json")][0])
        gone = open(folder + "/big", "wb"); os.unlink(gone.name)
        held = True""",
    "the connection file, grown": """
        words = open("/proc/self/cmdline").read().split("\\0")
        with open([w for w in words if w.endswith("c.json")][0], "ab") as file: file.write(bytes(1 << 20))
        held = True""",
    "a link beside the sockets": """
        import os
        words = open("/proc/self/cmdline").read().split("\\0")
        folder = os.path.dirname([w for w in words if w.endswith("c.json")][0])
        os.symlink("/etc/passwd", folder + "/link")
        held = True""",
    "the mode of the folder changed": """
        import os
        words = open("/proc/self/cmdline").read().split("\\0")
        folder = os.path.dirname([w for w in words if w.endswith("c.json")][0])
        os.chmod(folder, 0o777)
        held = True""",
    "a file that it has not opened itself": """
        import os
        for number in os.listdir("/proc/self/fd"):
            try: name = os.readlink("/proc/self/fd/" + number)
            except OSError: continue
            ours = ("pipe:", "socket:", "anon_inode:", "/dev/", "/proc/", "/home/student")
            held = held or not name.startswith(ours)""",
}

GRADE = """
import base64, json, pickle
from dlcourse.grading.asking import grade_one, stop_all
result = grade_one(pickle.loads(base64.b64decode(JOB)))
stop_all()
print(json.dumps([[one.outcome, one.feedback] for one in result.exercises]))
"""


@pytest.mark.parametrize("by", ["by the one who runs the tests", "by an ordinary user"])
def test_nothing_is_held_that_is_not_counted(settings: Settings, by: str):
    """Each way raises where it would begin to hold; the answers beside it count."""
    book = Book()
    tries = "\n".join(
        f"held = False\ntry:\n{_indented(code)}\nexcept Exception: pass\nif held: worked.append({name!r})"
        for name, code in HOLD.items()
    )
    book.answers({"12.5": f"worked = []\n{tries}\ndef accuracy(X, labels, W, b):\n    raise ValueError(worked)"})
    job = Job(replace(settings, cell_timeout=20.0), "ada.ipynb", "ada.ipynb", book.bytes())
    results = graded_by(by, job)
    outcome, feedback = results.pop(4)
    assert {one for one, _ in results} == {"passed"}
    assert outcome == "error" and "ValueError: []" in feedback, feedback


def graded_by(by: str, job: Job) -> list[tuple[str, str]]:
    """Outcome and feedback of each exercise, graded in a process of its own, by us or "by an ordinary user"."""
    program = f"JOB = {base64.b64encode(pickle.dumps(job))!r}\n{GRADE}"
    if by == "by an ordinary user":
        if os.geteuid() != 0:
            pytest.skip("the tests run as one")
        done = as_nobody(program)
    else:
        done = subprocess.run([sys.executable, "-B", "-"], input=program, capture_output=True, text=True, check=False)
    assert done.stdout.strip(), done.stderr
    return [(outcome, feedback) for outcome, feedback in json.loads(done.stdout)]


def _indented(code: str) -> str:
    import textwrap

    return textwrap.indent(textwrap.dedent(code).strip(), "    ")
