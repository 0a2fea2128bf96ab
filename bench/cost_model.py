"""What one exchange takes and sends: its counts from its design, its time from a few rates of a machine.

Written from ARCHITECTURE.md ("The exchange") and with arithmetic of its own, so that bench/scale, which holds it
against counters of real runs, checks the engine as much as the model. No number here is fitted to a run.
"""
import dataclasses
import math
import random

FRAME_HEADER = 32
PACKET_HEADER = 32
TOTALS_PACKET = PACKET_HEADER + 24  # the last packet of each pair of ranks
CREDITS = 3  # receives posted for each neighbour
LARGEST_FRAME, GOOD_FRAME, SMALLEST_FRAME = 256 << 10, 64 << 10, 4 << 10
FRAMES_BEING_FILLED = 4 << 20  # bytes of caches
LARGEST_SLOT, SMALLEST_SLOT = SMALLEST_FRAME - FRAME_HEADER - PACKET_HEADER, 64


@dataclasses.dataclass(frozen=True)
class Setting:
    """One exchange: every rank puts `rows` rows of `row_bytes` with keys at random, has `memory` bytes."""
    ranks: int
    ranks_per_node: int
    rows: int
    row_bytes: int
    memory: int
    route: str  # "direct" or "two-hop"

    @property
    def nodes(self):
        return math.ceil(self.ranks / self.ranks_per_node)

    @property
    def forwards(self):
        return self.route == "two-hop" and self.nodes > 1 and self.ranks_per_node > 1

    @property
    def neighbours(self):
        return self.nodes - 1 + self.ranks_per_node - 1 if self.forwards else self.ranks - 1


def slot_bytes(frame):
    return min(max(frame // 16, SMALLEST_SLOT), LARGEST_SLOT)


def buffer_bytes(setting, frame):
    """Of a rank: for each neighbour receives, as many sends and a frame being filled, one for its own rows; a slot for
    each rank."""
    return (frames_of(setting) * frame + setting.ranks * slot_bytes(frame) * setting.forwards)


def frames_of(setting):
    return setting.neighbours * (2 * CREDITS + 1) + 1


def largest_frame(setting, lease, most):
    """With which all buffers fit into the lease, by solving for it; 4 KiB when none does."""
    frames, slots = frames_of(setting), setting.ranks * setting.forwards
    of_largest_slots = (lease - slots * LARGEST_SLOT) // frames
    frame = max(of_largest_slots if of_largest_slots >= 16 * LARGEST_SLOT else lease * 16 // (16 * frames + slots), 0)
    return max(min(frame, most), SMALLEST_FRAME)


def frame_and_lease(setting):
    """A rank leases what the frames take that stay in its caches, at most a sixteenth of its memory."""
    most = min(max(FRAMES_BEING_FILLED // setting.neighbours, GOOD_FRAME), LARGEST_FRAME)
    lease = min(buffer_bytes(setting, most), setting.memory // 16)
    lease = max(lease, buffer_bytes(setting, SMALLEST_FRAME))
    return largest_frame(setting, lease, most), lease


def automatic_route(setting):
    """Two hops when frames of the direct route would be small and those of two hops larger."""
    if setting.nodes in (1, setting.ranks) or setting.ranks % setting.ranks_per_node != 0:
        return "direct"
    direct, two_hop = (largest_frame(dataclasses.replace(setting, route=route), setting.memory // 16, LARGEST_FRAME)
                       for route in ("direct", "two-hop"))
    return "direct" if direct >= GOOD_FRAME or two_hop <= direct else "two-hop"


def packets_of(rows, setting, frame):
    """(full packets, their bytes, bytes of the last) of one rank for another."""
    space = slot_bytes(frame) if setting.forwards else frame - FRAME_HEADER - PACKET_HEADER
    in_packet = max(space // setting.row_bytes, 1)  # a row larger than a slot is a packet
    full = max(rows - 1, 0) // in_packet  # what is full leaves when the next row comes
    rest = rows - full * in_packet
    return full, PACKET_HEADER + in_packet * setting.row_bytes, (PACKET_HEADER + rest * setting.row_bytes) * (rest > 0)


def pack(packets, frame):
    """(frames, bytes of packets) on a link over which these go: full ones, then the rest, then the totals."""
    count = sum(full for full, _, _ in packets)
    size = packets[0][1]
    in_frame = max((frame - FRAME_HEADER) // size, 1)
    frames = 1 + max(count - 1, 0) // in_frame
    used = FRAME_HEADER + (count - (frames - 1) * in_frame) * size
    last = [rest for _, _, rest in packets if rest > 0] + [TOTALS_PACKET] * len(packets)
    for packet in last:
        if used + packet > frame:
            frames, used = frames + 1, FRAME_HEADER
        used += packet
    return frames, count * size + sum(last)


def links_of(setting, frame, origin, generator):
    """What a rank's links to other nodes and those inside its own carry: two lists of (frames, bytes of packets)."""
    def packets_to():
        share = 1 / setting.ranks
        rows = generator.gauss(setting.rows * share, math.sqrt(setting.rows * share * (1 - share)))
        return packets_of(max(round(rows), 0), setting, frame)

    network, node = [], []
    on_node = setting.ranks_per_node
    for other in range(setting.nodes):
        ranks = range(other * on_node, min((other + 1) * on_node, setting.ranks))
        if other == origin // on_node:
            # With two hops also what the ranks of our place on the other nodes have for the end of the link.
            sources = setting.nodes if setting.forwards else 1
            node += [pack([packets_to() for _ in range(sources)], frame) for _ in range(len(ranks) - 1)]
        elif setting.forwards:
            network.append(pack([packets_to() for _ in ranks], frame))
        else:
            network += [pack([packets_to()], frame) for _ in ranks]
    return network, node


def counts(setting):
    """A dictionary of what an average rank holds and sends, with NAME_least and NAME_most where time decides.

    credits      There is a greeting on each link, then one to three frames are answered by one message. NAME_credits
                 is the most: one by one. Over the last of two hops, the answers may all ride on frames of data.
    node_frames  Of two hops: once a rank has put its last row, it passes on what comes without waiting for full frames.
                 That is one frame for each frame from another node and each rank of its own at the most; at the least
                 nothing comes so late. All ranks end together when they have as much to put: then it is the last
                 frame of each link between nodes, which is what node_frames says.
    """
    frame, lease = frame_and_lease(setting)
    if setting.row_bytes > frame - FRAME_HEADER - PACKET_HEADER:
        raise ValueError(f"rows of {setting.row_bytes} bytes for frames of {frame}: rows in parts are not in the model")
    buffers = frames_of(setting)
    slots = setting.ranks * slot_bytes(frame) * setting.forwards
    result = {"frame_bytes": frame, "leased_bytes": lease, "buffers": buffers,
              # Frames to send are made when they are needed, at least one.
              "buffer_bytes_least": (setting.neighbours * (CREDITS + 1) + 1) * frame + slots,
              "buffer_bytes_most": buffers * frame + slots}
    generator = random.Random(1)
    origins = range(0, setting.ranks, max(setting.ranks // math.ceil(64 / setting.neighbours), 1))  # some 64 links
    links = [links_of(setting, frame, origin, generator) for origin in origins]
    number, frames, packets = {}, {}, {}
    for i, where in enumerate(("network", "node")):
        number[where], frames[where], packets[where] = (
            sum(value) / len(origins) for value in (
                [len(one[i]) for one in links], [link[0] for one in links for link in one[i]],
                [link[1] for one in links for link in one[i]]))
    result["node_frames_least"] = result["node_frames_most"] = frames["node"]
    if setting.forwards:
        result["node_frames_most"] += frames["network"] * number["node"] + number["node"]
        frames["node"] += number["network"] * number["node"]
    for where in ("network", "node"):
        rides = setting.forwards and where == "node"
        credits = number[where] + frames[where]
        result |= {f"{where}_frames": frames[where], f"{where}_credits": credits,
                   f"{where}_credits_least": number[where] + (0 if rides else frames[where] / CREDITS),
                   f"{where}_credits_most": number[where] + result["node_frames_most"] if rides else credits,
                   f"{where}_bytes": packets[where] + FRAME_HEADER * (frames[where] + credits)}
    result["frames"] = sum(frames.values())
    result["messages"] = sum(result[name] for name in ("network_frames", "network_credits",
                                                       "node_frames", "node_credits"))
    result["fill"] = (sum(packets.values()) / result["frames"] + FRAME_HEADER) / frame
    result["card_bytes"] = result["network_bytes"] * min(setting.ranks_per_node, setting.ranks)
    return result


@dataclasses.dataclass(frozen=True)
class Machine:
    """Rates of a core and of a node; `put` gives bytes a second of rows put, by (ranks, route)."""
    put: dict
    copy: float
    checksum: float
    message_seconds: float  # of a core, to send or to receive one
    card: float             # of a node, bytes a second each way
    memory: float           # of a node

    def put_rate(self, ranks, route):
        """Measured for some numbers of ranks; between them as a line over the logarithm, beyond them the last."""
        known = sorted((r, rate) for (r, of), rate in self.put.items() if of == route)
        for (low, slow), (high, fast) in zip(known, known[1:]):
            if ranks <= high:
                part = max(math.log(ranks / low) / math.log(high / low), 0)
                return slow + (fast - slow) * part
        return known[-1][1]


def seconds(setting, counted, machine):
    """{what bounds it: seconds} of the busiest rank or node; the exchange takes the longest of them, or more.

    Between nodes the card copies, inside a node the receiving core. Memory is read and written three times for each
    byte: into a frame, on the way, into the sink; with two hops five times.
    """
    put = setting.rows * setting.row_bytes
    inside = counted["node_bytes"]
    forwarded = setting.forwards * counted["node_bytes"] * (setting.nodes - 1) / setting.nodes
    core = (put / machine.put_rate(setting.ranks, setting.route)
            + (put + forwarded) * (1 / machine.checksum + 1 / machine.copy)
            + inside / machine.copy
            + counted["messages"] * 2 * machine.message_seconds)
    copies = 5 if setting.forwards else 3
    return {"cores": core, "card": counted["card_bytes"] / machine.card,
            "memory": 2 * copies * put * setting.ranks_per_node / machine.memory}
