"""Knows by text what values are: each line of its standard input is a type and JSON.

Judges what comes on /there/TYPE, and says what it knows on /back/TYPE. Arguments are files of definitions that are not installed.
"""
import importlib
import json
import sys

import genpy
import genpy.dynamic
import rospy


def say(text):
    """In one piece: callbacks run in threads."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def plain(value):
    """As JSON has it."""
    if isinstance(value, genpy.Message):
        return {slot: plain(getattr(value, slot)) for slot in value.__slots__}
    if isinstance(value, genpy.TVal):
        return {"secs": value.secs, "nsecs": value.nsecs}
    return [plain(one) for one in value] if isinstance(value, (list, tuple, bytes)) else value


def fill(message, values):
    for slot, kind in zip(message.__slots__, message._slot_types):
        base, value = kind.split("[")[0], values[slot]
        if base in ("time", "duration"):
            make = genpy.Time if base == "time" else genpy.Duration
            setattr(message, slot, [make(**one) for one in value] if "[" in kind else make(**value))
        elif "/" in base and "[" not in kind:
            fill(getattr(message, slot), value)
        else:
            setattr(message, slot, value)


def judge(kind, expected):
    def hear(message):
        right, found = (json.dumps(value, sort_keys=True) for value in (expected, plain(message)))
        say("%s is %s" % (kind, "right" if found == right else "wrong: %s, not %s" % (found, right)))

    return hear


rospy.init_node("judge", disable_signals=True)
own = {}
for path in sys.argv[1:]:
    with open(path) as file:
        package, _, base = path[: -len(".msg")].split("/")[-3:]
        own.update(genpy.dynamic.generate_dynamic(package + "/" + base, file.read()))
say("reads")
for line in sys.stdin:
    name, text = line.split(" ", 1)
    package, base = name.split("/")
    kind = own.get(name) or getattr(importlib.import_module(package + ".msg"), base)
    said = kind()
    fill(said, json.loads(text))
    rospy.Publisher("/back/" + base, kind, queue_size=1, latch=True).publish(said)
    rospy.Subscriber("/there/" + base, kind, judge(name, json.loads(text)))
    say("knows " + name)
rospy.spin()
