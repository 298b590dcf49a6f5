"""Writes a bag: numbers on /bag/value, ten a second, from a moment on."""
import sys

import rosbag
from genpy import Time
from std_msgs.msg import Float64

path, begin, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with rosbag.Bag(path, "w") as bag:
    for i in range(10 * seconds):
        bag.write("/bag/value", Float64(i), Time(begin + i // 10, (i % 10) * 100_000_000))
print("written", flush=True)
