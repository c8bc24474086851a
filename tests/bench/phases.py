"""Where the time of `rt run` goes: a table made from traces.

    phases.py DIRECTORY WARMUP BUNDLE...

For each BUNDLE, DIRECTORY has BUNDLE-ROUND.json (rt --trace), BUNDLE.log (interleave's
log: begin and end of each round) and BUNDLE.stamps (when main of the container's program
began, one line a round, after WARMUP others). The round of the median duration counts.
"""

import json
import sys

PARENT, INIT = 1, 2

# What an operation belongs to, by its name, where that tells; the rest is phase_of()'s.
PHASE = {
    PARENT: {
        "spawn": "give the stage its plan", "announce": "put the container on record",
        "cgroup_mkdir": "cgroups: make, limit, open", "cgroup_inherit": "cgroups: make, limit, open",
        "cgroup_write": "cgroups: make, limit, open", "systemd_start": "cgroups: make, limit, open",
        "arrive": "wait for init", "save_state": "record the container",
        "hook": "hooks", "hooks": "hooks",
    },
    INIT: {
        "stage": "start, make namespaces ahead, wait for the plan",
        "fork_into": "fork into the cgroup and the pid namespace",
        "prctl": "session, host name", "setsid": "session, host name", "keyring": "session, host name",
        "sethostname": "session, host name",
        "release": "wait for rt", "arrive": "wait for rt",
        "pivot_root": "pivot_root", "umount": "unmount the old root",
        "readonly": "mask paths, make paths read-only", "mask": "mask paths, make paths read-only",
        "seccomp": "seccomp",
        "rlimit": "credentials", "capbset": "credentials", "capset": "credentials", "setgroups": "credentials",
        "setresgid": "credentials", "setresuid": "credentials", "ambient": "credentials",
        "stdio_owner": "credentials", "umask": "credentials", "program": "credentials",
    },
}
OTHER = {PARENT: "open what init needs", INIT: "mounts and devices"}


def phase_of(lane, event, forked, pivoted):
    name, origin = event["name"], event["args"]["origin"]
    if lane == PARENT and origin == "linux.cgroupsPath":
        return "cgroups: make, limit, open"
    if lane == INIT and name in ("write", "close") and origin == "linux.cgroupsPath":
        return "join the cgroups"
    if lane == INIT and not forked and name not in ("release", "stage"):
        return "loopback up, and namespaces not made ahead"
    if lane == INIT and pivoted and PHASE[INIT].get(name) in (None, "session, host name"):
        return "credentials"
    return PHASE[lane].get(name, OTHER[lane])


def median_round(directory, bundle, warmup):
    with open(f"{directory}/{bundle}.log") as f:
        rounds = [line.split("\t") for line in f]
    with open(f"{directory}/{bundle}.stamps") as f:
        stamps = [float(line) for line in f if line[0].isdigit()]
    if len(stamps) != len(rounds) + warmup:
        sys.exit(f"phases.py: {len(stamps)} stamps of {bundle} for {len(rounds)} rounds and {warmup} before them")
    rounds = sorted((int(end) - int(begin), int(number), int(begin), int(end))
                    for _, _, number, begin, end in rounds)
    _, number, begin, end = rounds[(len(rounds) - 1) // 2]
    with open(f"{directory}/{bundle}-{number}.json") as f:
        events = json.load(f)["traceEvents"]
    return begin, end, stamps[warmup + number], events


def phases(directory, bundle, warmup):
    """The phases of one bundle in order, as [(lane, phase, milliseconds)]. What passes
    between two operations counts for the later one."""
    begin, end, stamp, events = median_round(directory, bundle, warmup)
    took = {PARENT: {"start up, read config.json, start the stage, compile": 0}, INIT: {}}
    stage = next(e for e in events if e["name"] == "stage")
    for lane, cursor in ((PARENT, begin), (INIT, stage["ts"])):
        forked, pivoted, first = False, False, next(iter(took[lane]), None)
        for event in sorted((e for e in events if e["tid"] == lane), key=lambda e: e["ts"]):
            forked, pivoted = forked or event["name"] == "fork_into", pivoted or event["name"] == "umount"
            phase = phase_of(lane, event, forked, pivoted)
            done = event["ts"] + event["dur"]
            start = event["ts"] if first else cursor
            if first:
                took[lane][first] += start - cursor
                first = None
            took[lane][phase] = took[lane].get(phase, 0) + max(done - start, 0)
            cursor = max(cursor, done)
        if lane == INIT:
            took[lane]["program: wait for start, exec, to its main"] = stamp - cursor
        else:
            running = max(stamp, cursor)
            took[lane]["wait for the program to begin"] = running - cursor
            took[lane]["program's end, reap, remove cgroups and record, write the trace"] = end - running
    return [(lane, phase, us / 1000) for lane in took for phase, us in took[lane].items()]


def main():
    directory, warmup, bundles = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    columns = [phases(directory, bundle, warmup) for bundle in bundles]
    order = []
    for column in columns:
        for at, (lane, phase, _) in enumerate(column):
            if (lane, phase) not in order:
                before = order.index(column[at - 1][:2]) + 1 if at else 0
                order.insert(before, (lane, phase))
    titles = {"stamp": "default config", "docker-stamp": "Docker's config"}
    print("| milliseconds | " + " | ".join(titles.get(b, b) for b in bundles) + " |")
    print("|---|" + "---|" * len(bundles))
    for lane, who in ((PARENT, "rt"), (INIT, "init")):
        for key in (k for k in order if k[0] == lane):
            cells = ["".join(f"{ms:.2f}" for l, p, ms in column if (l, p) == key) for column in columns]
            print(f"| {who}: {key[1]} | " + " | ".join(cells) + " |")
        sums = [f"{sum(ms for l, _, ms in column if l == lane):.2f}" for column in columns]
        print(f"| **{who}, in all** | " + " | ".join(sums) + " |")


main()
