// The process that started this rank.
#pragma once

namespace shardmill {

// Lets the kernel kill this process when its mpirun (or the daemon that stands for it on this
// node) dies, so that no rank stays behind and writes. Does nothing under any other parent: a shell
// or a test may end before its child by right.
void die_with_launcher();

}  // namespace shardmill
