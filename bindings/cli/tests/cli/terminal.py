"""Runs a program on its own terminal and types as a person would.

Reads one JSON object from stdin:

    argv, cwd, env      the program
    stdout, stderr      "terminal", or "pipe" for a separate stream (stdin is always the terminal)
    steps               in turn: {"expect": TEXT} waits until the terminal shows TEXT after the previous match;
                        {"hidden": true} waits until the terminal echoes nothing; {"send": TEXT} types;
                        {"type": ARGV} types what this command prints; {"signal": NAME} sends a signal to the program;
                        {"sleep": SECONDS} waits
    step_s              the longest wait of a step in seconds; 30 without it

Writes one JSON object to stdout:

    code                the exit code, or minus the signal's number
    terminal            all text that the terminal showed
    stdout, stderr      the output through pipes
    problem             the step that failed, or null
    restored            whether the terminal's settings were restored
"""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

STEP_S = 30
END_S = 30


class Play:
    def __init__(self, play):
        self.step_s = play.get("step_s", STEP_S)
        self.shown = b""
        self.matched = 0
        self.pipes = {}
        self.master, slave = pty.openpty()
        # Wide enough that no line wraps.
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x32\x00\xa0\x00\x00\x00\x00\x00")
        self.before = termios.tcgetattr(slave)
        ends = {name: os.pipe() for name in ("stdout", "stderr") if play.get(name) == "pipe"}
        self.child = os.fork()
        if self.child == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            os.dup2(slave, 0)
            for number, name in ((1, "stdout"), (2, "stderr")):
                os.dup2(ends[name][1] if name in ends else slave, number)
            os.closerange(3, 256)
            os.chdir(play["cwd"])
            os.execve(play["argv"][0], play["argv"], play["env"])
        for name, (out, into) in ends.items():
            os.close(into)
            self.pipes[out] = [name, b""]
        # Kept open, so that the settings can be read after the program has ended.
        self.slave = slave

    def read(self, seconds):
        ready, _, _ = select.select([self.master, *self.pipes], [], [], seconds)
        for source in ready:
            try:
                piece = os.read(source, 65536)
            except OSError:
                piece = b""
            if source == self.master:
                self.shown += piece
            elif piece:
                self.pipes[source][1] += piece
            else:
                os.close(source)
                self.ended = getattr(self, "ended", {})
                name, text = self.pipes.pop(source)
                self.ended[name] = text

    def until(self, is_so, seconds):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                return False
            self.read(0.02)
        return True

    def is_shown(self, text):
        at = self.shown.find(text.encode(), self.matched)
        if at >= 0:
            self.matched = at + len(text.encode())
        return at >= 0

    def is_hidden(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def do(self, step):
        if "expect" in step:
            return self.until(lambda: self.is_shown(step["expect"]), self.step_s)
        if "hidden" in step:
            return self.until(lambda: self.is_hidden() == step["hidden"], self.step_s)
        if "send" in step:
            os.write(self.master, step["send"].encode())
        elif "type" in step:
            typed = subprocess.run(step["type"], stdout=subprocess.PIPE, timeout=self.step_s)
            os.write(self.master, typed.stdout)
            return typed.returncode == 0
        elif "signal" in step:
            os.kill(self.child, getattr(signal, step["signal"]))
        else:
            self.until(lambda: False, step["sleep"])
        return True

    def has_ended(self):
        if not hasattr(self, "status"):
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.status = status
        return hasattr(self, "status")

    def end(self):
        in_time = self.until(self.has_ended, END_S)
        if not in_time:
            os.killpg(self.child, signal.SIGKILL)
            self.until(self.has_ended, 5)
        # The last output.
        self.until(lambda: False, 0.1)
        return in_time


def main():
    given = json.load(sys.stdin)
    play, problem = Play(given), None
    for number, step in enumerate(given["steps"]):
        if not play.do(step):
            problem = f"step {number}: {step}"
            os.killpg(play.child, signal.SIGKILL)
            break
    if not play.end() and problem is None:
        problem = "the program did not end"
    pipes = {name: text for name, text in play.pipes.values()} | getattr(play, "ended", {})
    text = lambda name: pipes.get(name, b"").decode(errors="replace")
    json.dump(
        {
            "code": os.waitstatus_to_exitcode(play.status),
            "terminal": play.shown.decode(errors="replace"),
            "stdout": text("stdout"),
            "stderr": text("stderr"),
            "problem": problem,
            "restored": termios.tcgetattr(play.slave) == play.before,
        },
        sys.stdout,
    )


main()
