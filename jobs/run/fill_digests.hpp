// Digests of input files, by which a later run tells a touched file from a changed one.
#pragma once

#include "engine/store/catalog.hpp"
#include "jobs/run/read_pass.hpp"

namespace shardmill {

// Collective. Digests of files that have none yet, each computed by one rank; the bytes were read
// just now. A file that cannot be read, or was written to since it was listed, stays without.
void fill_digests(Cluster& cluster, const ReadPlan& plan, Catalog& catalog);

}  // namespace shardmill
